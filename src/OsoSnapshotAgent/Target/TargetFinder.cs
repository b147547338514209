using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Target;

/// <summary>Finds Prometheus among the processes that can be seen, and its data directory.</summary>
internal sealed class TargetFinder(ProcFileSystem proc, TargetAccess access, AgentSettings settings)
{
    private const string CheckDataDirectory = "Check OSO_SNAPSHOT_DATA_DIR, or leave it out to have it found from Prometheus' command line.";

    /// <exception cref="AgentException">With <see cref="ExitStatus.TargetUnreachable"/> and what to do.</exception>
    public TargetContainer Find()
    {
        IReadOnlyList<ProcessInfo> processes = proc.Processes();
        ProcessInfo[] candidates = [.. processes.Where(PrometheusCommandLine.IsPrometheus)];
        TargetContainer found = settings.DataDirectory is { } given ? FromSetting(given, candidates)
            : candidates.Length > 0 ? FromProcess(Choose(candidates))
            : FromDefault(processes);
        CheckData(found);
        return found;
    }

    /// <summary>PID 1, or what it wraps, is the container that --target names; else there must be just one Prometheus.</summary>
    private static ProcessInfo Choose(ProcessInfo[] candidates)
    {
        // A candidate that is the parent of another is a wrapper (tini, an entry-point script) with Prometheus' flags; its times are not Prometheus'.
        ProcessInfo[] servers = [.. candidates.Where(process => !candidates.Any(other => other.ParentPid == process.Pid))];
        ProcessInfo[] ofTarget = [.. servers.Where(process => IsBelowFirst(process, candidates))];
        if (ofTarget.Length == 1)
        {
            return ofTarget[0];
        }

        return servers.Length == 1 ? servers[0] : throw Unreachable(
            $"Several Prometheus processes run in this PID namespace: {string.Join("; ", servers.Select(process => $"PID {process.Pid} ({process.Identity}) with data in {PrometheusCommandLine.Parse(process.Arguments).StoragePath}"))}.",
            "Name the one you mean with --env OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA, or its container with --target.");
    }

    private static bool IsBelowFirst(ProcessInfo process, ProcessInfo[] candidates) =>
        process.Pid == 1 || (candidates.FirstOrDefault(other => other.Pid == process.ParentPid) is { } parent && IsBelowFirst(parent, candidates));

    private TargetContainer FromSetting(string pathSeenByAgent, ProcessInfo[] candidates)
    {
        if (!ProcRootPath.TryParse(proc.Root, pathSeenByAgent, out ProcRootPath? named))
        {
            ProcessInfo? user = candidates.FirstOrDefault(process => Uses(process, pathSeenByAgent));
            return Container(user, user is null ? "/" : proc.PathOf(user, "root"), pathSeenByAgent);
        }

        string root = $"{proc.Root}/{named.Pid}/root";
        ProcessInfo? process = candidates.FirstOrDefault(process => process.Pid == named.Pid);
        string data = access.Enter(process, pathSeenByAgent, () => SymbolicLinks.Resolve(root, named.PathInContainer));

        // The root may be named through another process of the container, such as a shell around Prometheus.
        return Container(process ?? candidates.FirstOrDefault(candidate => Uses(candidate, data)), root, data);
    }

    private TargetContainer FromProcess(ProcessInfo prometheus)
    {
        string root = proc.PathOf(prometheus, "root");
        return Container(prometheus, root, access.Enter(prometheus, root, () => DataPath(prometheus)));
    }

    private TargetContainer FromDefault(IReadOnlyList<ProcessInfo> processes)
    {
        string root = $"{proc.Root}/1/root";
        bool isAlone = Environment.ProcessId == 1;
        string? data = !isAlone && processes.FirstOrDefault(process => process.Pid == 1) is { } first
            ? access.Enter(first, root, () => SymbolicLinks.Resolve(root, "/data"))
            : null;
        return Directory.Exists(data) ? Container(null, root, data) : throw Unreachable(
            isAlone
                ? "No Prometheus in sight: PID 1 is this program itself, so it has a PID namespace of its own."
                : $"No Prometheus in sight: none of the {processes.Count} processes of this PID namespace is named prometheus, and {root}/data does not exist.",
            "Start it with kubectl debug POD --target=CONTAINER, naming the container that runs Prometheus. If you did, the container runtime ignores --target:"
            + " then give OSO_SNAPSHOT_DATA_DIR and OSO_SNAPSHOT_URL, or set shareProcessNamespace in the pod.");
    }

    private static TargetContainer Container(ProcessInfo? prometheus, string root, string data) => new()
    {
        Prometheus = prometheus,
        CommandLine = PrometheusCommandLine.Parse(prometheus?.Arguments ?? []),
        RootSeenByAgent = root,
        Data = new DataDirectory(data),
    };

    /// <summary>The storage path of a process' command line as the agent sees it.</summary>
    private string DataPath(ProcessInfo prometheus)
    {
        string root = proc.PathOf(prometheus, "root");
        string storagePath = PrometheusCommandLine.Parse(prometheus.Arguments).StoragePath;
        if (storagePath.StartsWith('/'))
        {
            return SymbolicLinks.Resolve(root, storagePath);
        }

        // The link's text is right in a container; for a process in a chroot only the link itself leads there.
        string workingDirectory = proc.PathOf(prometheus, "cwd");
        FileStatus there = FileStatus.Of($"{workingDirectory}/.");
        string pathInContainer = new FileInfo(workingDirectory).LinkTarget ?? string.Empty;
        return FileStatus.Find($"{root}{pathInContainer}/.")?.Identity == there.Identity
            ? SymbolicLinks.Resolve(root, $"{pathInContainer}/{storagePath}")
            : Path.Join(workingDirectory, storagePath.TrimEnd('/'));
    }

    private bool Uses(ProcessInfo process, string pathSeenByAgent)
    {
        try
        {
            return FileStatus.Of($"{DataPath(process)}/.").Identity == FileStatus.Of($"{pathSeenByAgent}/.").Identity;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void CheckData(TargetContainer found)
    {
        string path = found.Data.PathSeenByAgent;
        if (!access.Enter(found.Prometheus, path, () => FileStatus.Find($"{path}/.") is { IsDirectory: true }))
        {
            throw Unreachable($"The data directory {path} does not exist.", CheckDataDirectory);
        }

        if (!access.Enter(found.Prometheus, path, found.Data.HoldsTsdb))
        {
            throw Unreachable($"{path} is not the data directory of a Prometheus server: it holds neither wal, chunks_head nor a block.", CheckDataDirectory);
        }

        if (LibC.Access(path, LibC.WriteAccess) != 0)
        {
            throw access.Denied($"Cannot write to {path}: {LibC.LastError()}.", found.Prometheus);
        }
    }

    private static AgentException Unreachable(string problem, string remedy) => new(ExitStatus.TargetUnreachable, problem, remedy);
}

using System.Text.RegularExpressions;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Target;

/// <summary>Finds Prometheus among the processes that can be seen, and its data directory.</summary>
internal sealed partial class TargetFinder(ProcFileSystem proc, AgentSettings settings)
{
    /// <exception cref="AgentException">With <see cref="ExitStatus.TargetUnreachable"/> and what to do.</exception>
    public TargetContainer Find()
    {
        IReadOnlyList<ProcessInfo> processes = proc.Processes();
        ProcessInfo? prometheus = Choose(processes);
        TargetContainer found = settings.DataDirectory is { } given ? FromSetting(given, prometheus)
            : prometheus is not null ? FromProcess(prometheus)
            : FromDefault(processes);
        CheckData(found);
        return found;
    }

    private ProcessInfo? Choose(IReadOnlyList<ProcessInfo> processes)
    {
        ProcessInfo[] candidates = [.. processes.Where(PrometheusCommandLine.IsPrometheus)];

        // A data directory below /proc/PID/root names the process; PID 1 is the container that --target names.
        int named = settings.DataDirectory is { } path && ProcRoot().Match(path) is { Success: true } match ? int.Parse(match.Groups["pid"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 1;
        ProcessInfo[] chosen = candidates.Length < 2 ? candidates : candidates.FirstOrDefault(process => process.Pid == named) is { } first ? [first] : OldestOfEachFamily(candidates);
        return chosen.Length switch
        {
            0 => null,
            1 => chosen[0],
            _ when settings.DataDirectory is not null => null,
            _ => throw Unreachable(
                $"Several Prometheus processes run in this PID namespace: {string.Join("; ", chosen.Select(process => $"PID {process.Pid} ({process.Identity}) with data in {PrometheusCommandLine.Parse(process.Arguments).StoragePath}"))}.",
                "Name the one you mean with --env OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA, or its container with --target."),
        };
    }

    // A process whose parent is a candidate too is the same Prometheus behind a wrapper of the same name.
    private static ProcessInfo[] OldestOfEachFamily(ProcessInfo[] candidates) =>
        [.. candidates.Where(process => !candidates.Any(other => other.Pid == process.ParentPid))];

    private TargetContainer FromSetting(string pathSeenByAgent, ProcessInfo? prometheus)
    {
        Match match = ProcRoot().Match(pathSeenByAgent);
        string root = match.Success ? $"{proc.Root}/{match.Groups["pid"].Value}/root" : "/";
        string data = match.Success
            ? Enter(() => SymbolicLinks.Resolve(root, match.Groups["path"].Value), prometheus, pathSeenByAgent)
            : pathSeenByAgent;
        return new TargetContainer
        {
            Prometheus = prometheus,
            CommandLine = PrometheusCommandLine.Parse(prometheus?.Arguments ?? []),
            RootSeenByAgent = root == "/" && prometheus is not null ? proc.PathOf(prometheus, "root") : root,
            Data = new DataDirectory(data),
        };
    }

    private TargetContainer FromProcess(ProcessInfo prometheus)
    {
        PrometheusCommandLine commandLine = PrometheusCommandLine.Parse(prometheus.Arguments);
        string root = proc.PathOf(prometheus, "root");
        return new TargetContainer
        {
            Prometheus = prometheus,
            CommandLine = commandLine,
            RootSeenByAgent = root,
            Data = new DataDirectory(Enter(() => DataPath(prometheus, root, commandLine.StoragePath), prometheus, root)),
        };
    }

    private string DataPath(ProcessInfo prometheus, string root, string storagePath)
    {
        if (storagePath.StartsWith('/'))
        {
            return SymbolicLinks.Resolve(root, storagePath);
        }

        // The link's text is right in a container; for a process in a chroot only the link itself leads there.
        string workingDirectory = proc.PathOf(prometheus, "cwd");
        string pathInContainer = new FileInfo(workingDirectory).LinkTarget ?? throw new UnauthorizedAccessException(workingDirectory);
        string relative = storagePath.TrimEnd('/');
        return FileStatus.Find($"{root}{pathInContainer}")?.Identity == FileStatus.Of($"{workingDirectory}/.").Identity
            ? SymbolicLinks.Resolve(root, $"{pathInContainer}/{relative}")
            : Path.Join(workingDirectory, relative);
    }

    private TargetContainer FromDefault(IReadOnlyList<ProcessInfo> processes)
    {
        string root = $"{proc.Root}/1/root";
        bool alone = Environment.ProcessId == 1;
        DataDirectory? data = null;
        if (!alone && processes.FirstOrDefault(process => process.Pid == 1) is { } first)
        {
            data = new DataDirectory(Enter(() => SymbolicLinks.Resolve(root, "/data"), first, root));
        }

        if (data is null || !Directory.Exists(data.PathSeenByAgent))
        {
            throw Unreachable(
                alone
                    ? "No Prometheus in sight: PID 1 is this program itself, so it has a PID namespace of its own."
                    : $"No Prometheus in sight: none of the {processes.Count} processes of this PID namespace is named prometheus, and {root}/data does not exist.",
                "Start it with kubectl debug POD --target=CONTAINER, naming the container that runs Prometheus. If you did, the container runtime ignores --target:"
                + " then give OSO_SNAPSHOT_DATA_DIR and OSO_SNAPSHOT_URL, or set shareProcessNamespace in the pod.");
        }

        return new TargetContainer { Prometheus = null, CommandLine = PrometheusCommandLine.Parse([]), RootSeenByAgent = root, Data = data };
    }

    private void CheckData(TargetContainer found)
    {
        string path = found.Data.PathSeenByAgent;
        if (!Enter(() => Directory.Exists(path) || FileStatus.Find(path) is not null, found.Prometheus, path))
        {
            throw Unreachable($"The data directory {path} does not exist.", "Check OSO_SNAPSHOT_DATA_DIR, or leave it out to have it found from Prometheus' command line.");
        }

        if (!Enter(found.Data.HoldsTsdb, found.Prometheus, path))
        {
            throw Unreachable($"{path} is not the data directory of a Prometheus server: it holds neither wal, chunks_head nor a block.", "Check OSO_SNAPSHOT_DATA_DIR, or leave it out to have it found from Prometheus' command line.");
        }

        if (LibC.Access(path, LibC.WriteAccess) != 0)
        {
            throw new AgentException(ExitStatus.TargetUnreachable, $"Cannot write to {path}: {LibC.LastError()}. {WhoWeAre(found.Prometheus)}", Remedy(found.Prometheus));
        }
    }

    /// <summary>Does something in the target's root, and explains a refusal.</summary>
    private T Enter<T>(Func<T> action, ProcessInfo? process, string pathSeenByAgent)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new AgentException(ExitStatus.TargetUnreachable, $"Cannot enter {pathSeenByAgent}: {e.Message}. {WhoWeAre(process)}", Remedy(process), e);
        }
    }

    private string WhoWeAre(ProcessInfo? process)
    {
        ProcessInfo self = proc.Self();
        string ours = $"We are {self.Identity}{(self.CanTraceOthers ? " with" : " without")} SYS_PTRACE";
        return process is null ? ours + "." : $"{ours}, {(PrometheusCommandLine.IsPrometheus(process) ? "Prometheus" : $"the process {process.Name}")} (PID {process.Pid}) is {process.Identity}.";
    }

    private string Remedy(ProcessInfo? process)
    {
        ProcessInfo self = proc.Self();
        return process is null ? "Start the agent with the user and group that own the data directory."
            : (self.UserId, self.GroupId) != (process.UserId, process.GroupId)
            ? $"User and group must both be those of Prometheus. Start again with kubectl debug … --custom=FILE where FILE holds"
              + $" {{\"securityContext\":{{\"runAsUser\":{process.UserId},\"runAsGroup\":{process.GroupId}}}}}, or with --profile=sysadmin where policy allows it."
            : "User and group are right, so a security module or a user namespace forbids it: start again with kubectl debug … --profile=general, which adds SYS_PTRACE.";
    }

    private static AgentException Unreachable(string problem, string remedy) => new(ExitStatus.TargetUnreachable, problem, remedy);

    [GeneratedRegex("^/proc/(?<pid>[0-9]+)/root(?<path>/.*)?$")]
    private static partial Regex ProcRoot();
}

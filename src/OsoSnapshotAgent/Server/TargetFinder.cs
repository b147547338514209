using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>Finds Prometheus among the visible processes, and its data directory.</summary>
/// <param name="dataDirectory">The value of OSO_SNAPSHOT_DATA_DIR; null to find the directory.</param>
/// <param name="ask">Asks a server for its data directory, if its command line does not tell it.</param>
internal sealed class TargetFinder(
    ProcFileSystem proc,
    TargetAccess access,
    string? dataDirectory,
    Func<ProcessInfo, PrometheusCommandLine, ContainerRoot, string?>? ask = null)
{
    private const string CheckDataDirectory = "Check OSO_SNAPSHOT_DATA_DIR. Without this variable, the agent finds the"
        + " directory in Prometheus' command line.";

    /// <exception cref="OperatorException">With <see cref="ExitStatus.TargetUnreachable"/>.</exception>
    public TargetContainer Find()
    {
        IReadOnlyList<ProcessInfo> processes = proc.Processes();
        ServerProcesses servers = new(processes);
        TargetContainer found = (dataDirectory, servers.All.Length) switch
        {
            ({ } given, _) => FromSetting(given, servers.All),
            (null, > 0) => FromProcess(servers.Choose()),
            _ => FromDefault(processes),
        };
        try
        {
            CheckData(found);
            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    private TargetContainer FromSetting(string pathSeenByAgent, ProcessInfo[] servers)
    {
        ProcRootPath? named = ProcRootPath.TryParse(proc.Root, pathSeenByAgent, out ProcRootPath? parsed)
            ? parsed
            : null;
        ProcessInfo? process = named is null ? null : servers.FirstOrDefault(server => server.Pid == named.Pid);
        ContainerRoot? root = named is null
            ? null
            : access.Enter(process, () => ContainerRoot.OpenOf($"{proc.Root}/{named.Pid}"));
        DirectoryHandle data = access.Enter(
            process,
            () => root?.OpenDirectory(named!.PathInContainer) ?? DirectoryHandle.Open(pathSeenByAgent));

        // The path may name another process of the container, such as a shell around Prometheus.
        (ProcessInfo Server, bool? Uses)[] users = [.. servers.Select(server => (server, Uses(server, data)))];
        ProcessInfo? user = users.FirstOrDefault(server => server.Uses == true).Server;
        if (user is null && users.Length > 0 && users.All(server => server.Uses == false))
        {
            data.Dispose();
            IEnumerable<string> writers = servers.Select(
                server => $"PID {server.Pid} writes to {Printable.Short(ServerProcesses.StoragePath(server))}");
            string all = string.Join("; ", writers);
            throw Unreachable(
                $"{data.Path} is not the data directory of the Prometheus that runs here: {all}. Nothing was touched.",
                CheckDataDirectory);
        }

        return new()
        {
            Prometheus = user ?? process,
            CommandLine = PrometheusCommandLine.Parse((user ?? process)?.Arguments ?? []),
            Root = user is null ? root ?? ContainerRoot.OpenOwn() : ContainerRoot.OpenOf(proc.PathOf(user)),
            Data = new DataDirectory(data),
            IsDataProven = user is not null,
        };
    }

    private TargetContainer FromProcess(ProcessInfo prometheus)
    {
        PrometheusCommandLine commandLine = PrometheusCommandLine.Parse(prometheus.Arguments);
        if (commandLine.IsAgent)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"This Prometheus (PID {prometheus.Pid}) runs in agent mode: it forwards its samples and has no TSDB"
                + " to make a snapshot of.",
                "Make the snapshot on the server that receives the samples (remote_write).");
        }

        ContainerRoot root = access.Enter(prometheus, () => ContainerRoot.OpenOf(proc.PathOf(prometheus)));
        bool isTold = commandLine.NamesStoragePath
            || (!commandLine.HasArgumentFile && HoldsTsdb(root, commandLine.StoragePath));
        string? answer = isTold ? null : ask?.Invoke(prometheus, commandLine, root);
        string path = answer ?? commandLine.StoragePath;
        return new()
        {
            Prometheus = prometheus,
            CommandLine = commandLine,
            Root = root,
            Data = new DataDirectory(access.Enter(prometheus, () => root.OpenDirectory(path))),

            // What a server answers proves less than what its process was started with.
            IsDataProven = answer is null,
        };
    }

    private TargetContainer FromDefault(IReadOnlyList<ProcessInfo> processes)
    {
        bool isAlone = Environment.ProcessId == 1;
        ProcessInfo? first = isAlone ? null : processes.FirstOrDefault(process => process.Pid == 1);
        if (first is not null)
        {
            ContainerRoot root = access.Enter(first, () => ContainerRoot.OpenOf(proc.PathOf(first)));
            if (access.Enter(first, () => TryOpen(root, "/data")) is { } data)
            {
                return new()
                {
                    Prometheus = null,
                    CommandLine = PrometheusCommandLine.Parse([]),
                    Root = root,
                    Data = new DataDirectory(data),
                    IsDataProven = false,
                };
            }

            root.Dispose();
        }

        throw Unreachable(
            isAlone
                ? "No Prometheus can be seen: PID 1 is this program itself, so it has a PID namespace of its own."
                : $"No Prometheus can be seen: none of the {processes.Count} processes of this PID namespace is named"
                    + $" prometheus, and {proc.Root}/1/root/data does not exist.",
            "Start it with kubectl debug POD --target=CONTAINER, where CONTAINER runs Prometheus. If you did, the container"
            + " runtime ignores --target: then set OSO_SNAPSHOT_DATA_DIR and OSO_SNAPSHOT_URL, or shareProcessNamespace in"
            + " the pod.");
    }

    private static bool HoldsTsdb(ContainerRoot root, string pathInContainer)
    {
        try
        {
            using DataDirectory data = new(root.OpenDirectory(pathInContainer));
            return data.HoldsTsdb();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static DirectoryHandle? TryOpen(ContainerRoot root, string pathInContainer)
    {
        try
        {
            return root.OpenDirectory(pathInContainer);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <returns>Whether the process' storage path leads to this directory; null if the path can't be opened.</returns>
    private bool? Uses(ProcessInfo process, DirectoryHandle data)
    {
        try
        {
            using ContainerRoot root = ContainerRoot.OpenOf(proc.PathOf(process));
            using DirectoryHandle storage = root.OpenDirectory(ServerProcesses.StoragePath(process));
            return storage.Status.Identity == data.Status.Identity;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void CheckData(TargetContainer found)
    {
        DirectoryHandle directory = found.Data.Directory;
        if (!access.Enter(found.Prometheus, found.Data.HoldsTsdb))
        {
            throw Unreachable(
                $"{directory.Path} is not the data directory of a Prometheus server: it holds neither wal, chunks_head nor a block.",
                CheckDataDirectory);
        }

        try
        {
            directory.RequireWritable();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw access.NotWritable(e, found.Prometheus);
        }
    }

    private static OperatorException Unreachable(string problem, string remedy) =>
        new(ExitStatus.TargetUnreachable, problem, remedy);
}

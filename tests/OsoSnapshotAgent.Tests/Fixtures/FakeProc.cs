using System.Globalization;
using OsoSnapshotAgent.Server;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A /proc made of files in a temp directory, with what proc(5) says of a few processes.</summary>
internal sealed class FakeProc
{
    public const long BootTime = 1755700000;

    private readonly TempDirectory _directory;

    public FakeProc(TempDirectory directory)
    {
        _directory = directory;
        directory.Write("proc/stat", $"cpu  1 2 3\nbtime {BootTime}\nprocesses 99\n");
        Add("self", 500, "oso-snapshot", ["/usr/bin/oso-snapshot"], parent: 0);
    }

    public string Root => _directory.PathOf("proc");

    public ProcFileSystem FileSystem => new(Root);

    public void Add(int pid, string name, string[] arguments, int parent = 0, string identity = "65534:65534", double cpuSeconds = 0, double startSeconds = 0, ulong capabilities = 0) =>
        Add(pid.ToString(CultureInfo.InvariantCulture), pid, name, arguments, parent, identity, cpuSeconds, startSeconds, capabilities);

    public void Self(string identity, ulong capabilities = 0) =>
        Add("self", 500, "oso-snapshot", ["/usr/bin/oso-snapshot"], 0, identity, capabilities: capabilities);

    /// <summary>Sets how long a thread has waited for a CPU in total.</summary>
    public void SetWait(int pid, int thread, TimeSpan wait) => _directory.Write(
        $"proc/{pid}/task/{thread}/schedstat", string.Create(CultureInfo.InvariantCulture, $"1234567 {(long)wait.TotalNanoseconds} 89\n"));

    /// <summary>Makes a process' root directory in the temp directory, and returns its path.</summary>
    public string MakeRoot(int pid) => _directory.Make($"proc/{pid}/root");

    /// <summary>Makes a data directory, as Prometheus leaves it, below a process' root.</summary>
    public string MakeData(int pid, string pathInContainer)
    {
        _directory.Make($"proc/{pid}/root{pathInContainer}/wal");
        return $"{Root}/{pid}/root{pathInContainer}";
    }

    private void Add(string entry, int pid, string name, string[] arguments, int parent, string identity = "65534:65534", double cpuSeconds = 0, double startSeconds = 0, ulong capabilities = 0)
    {
        string[] ids = identity.Split(':');
        _directory.Write($"proc/{entry}/cmdline", string.Concat(arguments.Select(argument => argument + '\0')));
        _directory.Write($"proc/{entry}/status", string.Create(CultureInfo.InvariantCulture, $"Name:\t{name}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{parent}\nUid:\t{ids[0]}\t{ids[0]}\t{ids[0]}\t{ids[0]}\nGid:\t{ids[1]}\t{ids[1]}\t{ids[1]}\t{ids[1]}\nCapEff:\t{capabilities:x16}\n"));

        // The name may hold a bracket and a space. utime is the 14th field, starttime the 22nd.
        long startTicks = startSeconds == 0 ? 100 : (long)Math.Round((startSeconds - BootTime) * 100);
        _directory.Write($"proc/{entry}/stat", string.Create(CultureInfo.InvariantCulture, $"{pid} ({name}) x) S {parent} 1 1 0 -1 4194560 1 0 0 0 {(long)Math.Round(cpuSeconds * 100)} 0 0 0 20 0 9 0 {startTicks} 1 1\n"));
    }
}

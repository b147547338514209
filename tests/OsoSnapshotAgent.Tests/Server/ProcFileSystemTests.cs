using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class ProcFileSystemTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public ProcFileSystemTests() => _proc = new(_directory);

    [Fact]
    public void Reads_a_process_whatever_its_name_holds()
    {
        _proc.Add(7, "prom (x) y", ["/bin/prometheus", "--a", "b c", ""], parent: 3, identity: "1000:3000000000", cpuSeconds: 12.34, startSeconds: FakeProc.BootTime + 5.5, capabilities: 1UL << 19);

        ProcessInfo process = Assert.Single(_proc.FileSystem.Processes());

        Assert.Equal((7, 3, "prom (x) y", "1000:3000000000"), (process.Pid, process.ParentPid, process.Name, process.Identity));
        Assert.Equal(["/bin/prometheus", "--a", "b c"], process.Arguments);
        Assert.Equal(FakeProc.BootTime + 5.5, process.StartSeconds);
        Assert.True(process.CanTraceOthers);
        Assert.Equal(12.34, _proc.FileSystem.CpuSeconds(7));
    }

    [Fact]
    public void Lists_processes_by_ascending_PID_and_leaves_out_other_entries()
    {
        _proc.Add(30, "b", ["b"]);
        _proc.Add(4, "a", []);
        _directory.Make("proc/sys");
        _directory.Make("proc/99");

        Assert.Equal([4, 30], _proc.FileSystem.Processes().Select(process => process.Pid));
        Assert.Empty(_proc.FileSystem.Processes()[0].Arguments);
    }

    [Fact]
    public void A_process_that_has_ended_has_no_CPU_time() => Assert.Null(_proc.FileSystem.CpuSeconds(12345));

    [Fact]
    public void Reads_the_real_proc_too()
    {
        ProcFileSystem real = new("/proc");

        ProcessInfo self = real.Self();

        Assert.Equal(Environment.ProcessId, self.Pid);
        Assert.Equal(SystemTool.Output("id", "-u").Trim(), self.Identity.Split(':')[0]);
        Assert.Contains(real.Processes(), process => process.Pid == self.Pid);
        Assert.NotNull(real.CpuSeconds(self.Pid));
    }

    [Fact]
    public void Says_that_proc_is_missing() =>
        Assert.Contains("/self can't be read", Assert.Throws<IOException>(() => new ProcFileSystem(_directory.Make("empty")).Self()).Message, StringComparison.Ordinal);

    public void Dispose() => _directory.Dispose();
}

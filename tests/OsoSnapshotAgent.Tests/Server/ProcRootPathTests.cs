using OsoSnapshotAgent.Server;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class ProcRootPathTests
{
    [Theory]
    [InlineData("/proc/1/root/data", 1, "/data")]
    [InlineData("/proc/27/root/prometheus/data", 27, "/prometheus/data")]
    [InlineData("/proc/1/root", 1, "/")]
    public void Tells_the_process_and_its_own_path(string path, int pid, string pathInContainer)
    {
        Assert.True(ProcRootPath.TryParse("/proc", path, out ProcRootPath? parsed));
        Assert.Equal(new ProcRootPath(pid, pathInContainer), parsed);
    }

    [Theory]
    [InlineData("/data")]
    [InlineData("/proc/self/root/data")]
    [InlineData("/proc/1/cwd/data")]
    [InlineData("/proc/1")]
    [InlineData("/proc/-1/root/data")]
    [InlineData("/process/1/root/data")]
    public void Leaves_other_paths_alone(string path) => Assert.False(ProcRootPath.TryParse("/proc", path, out _));
}

using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class CpuWaitTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public CpuWaitTests() => _proc = new(_directory);

    [Fact]
    public void Sums_what_the_threads_have_waited_since_the_last_call()
    {
        _proc.SetWait(7, 70, TimeSpan.FromSeconds(100));
        CpuWait wait = new(_proc.FileSystem, 7);
        _proc.SetWait(7, 70, TimeSpan.FromSeconds(102));
        _proc.SetWait(7, 71, TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(5), wait.SinceLast());
        Assert.Equal(TimeSpan.Zero, wait.SinceLast());
    }

    [Fact]
    public void A_thread_that_ends_takes_nothing_from_the_sum()
    {
        _proc.SetWait(7, 70, TimeSpan.FromSeconds(100));
        _proc.SetWait(7, 71, TimeSpan.FromSeconds(1));
        CpuWait wait = new(_proc.FileSystem, 7);
        Directory.Delete(Path.Join(_proc.Root, "7/task/70"), recursive: true);
        _proc.SetWait(7, 71, TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(1), wait.SinceLast());
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("1 -2 3")]
    [InlineData("1 99999999999999999999 3")]
    public void What_is_no_schedstat_counts_nothing(string text)
    {
        CpuWait wait = new(_proc.FileSystem, 7);
        _directory.Write("proc/7/task/70/schedstat", text);

        Assert.Equal(TimeSpan.Zero, wait.SinceLast());
    }

    [Fact]
    public void A_process_that_is_not_there_waits_for_nothing() =>
        Assert.Equal(TimeSpan.Zero, new CpuWait(_proc.FileSystem, 12345).SinceLast());

    public void Dispose() => _directory.Dispose();
}

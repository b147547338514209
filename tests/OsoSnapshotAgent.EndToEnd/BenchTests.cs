using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

public sealed class BenchTests
{
    [Fact]
    public async Task The_bench_counts_right_and_leaves_no_cgroup() =>
        (await HostCommand.RunAsync("python3", "-B", Repository.PathOf("tests/bench/test_bench.py"))).Succeeded();
}

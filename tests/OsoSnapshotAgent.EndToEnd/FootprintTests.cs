using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests that the agent is small and needs few rights, because it is a guest in another program's pod.
/// </summary>
public sealed class FootprintTests
{
    private const long MaxBinaryBytes = 10_900_000;
    private const long MaxResidentBytes = 24 << 20;
    private const long MaxPeakBytes = 40 << 20;
    private const long MaxGrowthBytes = 4 << 20;

    [Fact]
    public void The_binary_is_small() => Assert.InRange(new FileInfo(RunningAgent.Binary).Length, 1_000_000, MaxBinaryBytes);

    [Fact]
    public async Task Holding_takes_little_memory()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 16 << 20) });
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });

        await terminal.WaitForAsync("then press Enter here");

        Assert.InRange(agent.ResidentBytes, 1 << 20, MaxResidentBytes);
    }

    [Fact]
    public async Task Archiving_takes_little_memory_and_no_more_for_a_larger_database()
    {
        long small = await PeakBytesAsync(32 << 20);
        long large = await PeakBytesAsync(384 << 20);

        Assert.InRange(small, 1 << 20, MaxPeakBytes);
        Assert.InRange(large - small, -MaxGrowthBytes, MaxGrowthBytes);
    }

    [Fact]
    public async Task A_log_that_can_not_be_written_is_a_warning_and_no_failure()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        (await HostCommand.RunAsync(HostCommand.AsRoot("mkdir", Path.Combine(pod.DataDirectory, "snapshots.log")))).Succeeded();

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("snapshots.log can't be written, so this run is logged on the console only", result.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(pod.Archive));
    }

    private static async Task<long> PeakBytesAsync(long databaseBytes)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, databaseBytes) });
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal, Environment = Given.Variables(("OSO_SNAPSHOT_WORKERS", "2")) });
        await terminal.WaitForAsync("then press Enter here");
        Assert.InRange(new FileInfo(pod.Archive).Length, databaseBytes / 4, databaseBytes);
        return agent.PeakResidentBytes;
    }
}

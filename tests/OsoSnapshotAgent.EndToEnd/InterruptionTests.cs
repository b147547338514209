using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests runs that end early: what they leave on the volume is harmless, and the next run removes it.
/// </summary>
public sealed class InterruptionTests
{
    // The run is slow enough to be interrupted on any machine.
    private static readonly IReadOnlyDictionary<string, string> Slowly = Given.Variables(("OSO_SNAPSHOT_RATE_LIMIT", "1MiB"));

    private static readonly PodOptions WithBlocks = new() { Blocks = new BlockSet(Count: 2, SizeBytes: 48 << 20) };

    [Fact]
    public async Task SIGTERM_while_archiving_leaves_no_archive_and_no_snapshot()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
        await using RunningAgent agent = await StartArchivingAsync(pod);

        await agent.SignalAsync("TERM");

        AgentResult result = (await agent.WaitAsync()).EndedWith(143);
        Assert.Contains("Ended by SIGTERM", result.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(pod.Archive));
        Assert.False(File.Exists(pod.Archive + ".part"));
        Assert.False(Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task What_a_killed_run_leaves_is_no_archive_and_the_next_run_tidies_it()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
        await using (RunningAgent agent = await StartArchivingAsync(pod))
        {
            await agent.SignalAsync("KILL");
            Assert.Equal(137, (await agent.WaitAsync()).ExitStatus);
        }

        Assert.False(File.Exists(pod.Archive));
        Assert.True(File.Exists(pod.Archive + ".part"));

        AgentResult next = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("✅ Existing snapshots.tgz.part (", next.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")));
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task The_end_of_Prometheus_ends_the_agent_and_leaves_no_archive()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
        await using RunningAgent agent = await StartArchivingAsync(pod);

        await pod.SignalAsync("KILL");

        await agent.WaitAsync();
        Assert.False(File.Exists(pod.Archive));
    }

    [Theory]
    [InlineData(-1, "shrank")]
    [InlineData(1, "grew")]
    public async Task A_file_that_changes_while_it_is_read_ends_the_run_with_status_6_and_no_archive(int change, string how)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
        await using RunningAgent agent = await StartArchivingAsync(pod);

        // At this rate, reading the first block takes seconds. Its file is the live block's too, but nobody queries
        // Prometheus.
        string segment = Directory.EnumerateFiles(Path.Combine(pod.DataDirectory, "snapshots"), "000001", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        (await HostCommand.RunAsync(HostCommand.AsRoot("truncate", $"--size={new FileInfo(segment).Length + change}", segment))).Succeeded();

        AgentResult result = (await agent.WaitAsync()).EndedWith(6);
        Assert.Contains($"/chunks/000001 {how} while it was read", result.TerminationMessage, StringComparison.Ordinal);
        Assert.False(File.Exists(pod.Archive));
        Assert.False(File.Exists(pod.Archive + ".part"));
    }

    // The first bytes of the archive come before any block is opened.
    private static async Task<RunningAgent> StartArchivingAsync(PrometheusPod pod)
    {
        RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Environment = Slowly });
        await Eventually.HoldsAsync(
            () => Task.FromResult(new FileInfo(pod.Archive + ".part") is { Exists: true, Length: > 100_000 }), () => "no partial archive");
        return agent;
    }
}

using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests each early end of the container, and the files that it leaves on the volume.</summary>
public sealed class ImageEndTests
{
    private const string Prompt = "then press Enter here";

    private static readonly (string, string) Slow = ("OSO_SNAPSHOT_RATE_LIMIT", "1MiB");

    [Fact]
    public async Task While_it_archives_release_is_refused_and_SIGTERM_leaves_no_archive()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 32 << 20 });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, Slow, ("OSO_SNAPSHOT_HOLD", "30m"));
        await BeginsToArchiveAsync(target);

        Assert.Contains("Phase       archive-snapshot", (await agent.ExecAsync("oso-snapshot", "status")).Succeeded().Output, StringComparison.Ordinal);
        CommandResult release = await agent.ExecAsync("oso-snapshot", "release");
        Assert.Equal(8, release.ExitStatus);
        Assert.Contains("it is at archive-snapshot", release.Error, StringComparison.Ordinal);

        await agent.SignalAsync("TERM");
        await agent.EndsWithAsync(143);
        Assert.DoesNotContain(target.Artefacts, name => name.Contains(".tgz", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SIGTERM_while_holding_keeps_the_archive()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true);
        await agent.WaitForLogAsync(Prompt);

        await agent.SignalAsync("TERM");

        await agent.EndsWithAsync(143);
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
    }

    [Fact]
    public async Task The_end_of_Prometheus_ends_the_agent_and_keeps_the_archive()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true);
        await agent.WaitForLogAsync(Prompt);

        await target.SignalAsync("KILL");

        await agent.EndsWithAsync(137);
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
    }

    [Fact]
    public async Task The_end_of_Prometheus_while_it_archives_leaves_only_what_the_next_run_tidies()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 32 << 20 });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, Slow);
        await BeginsToArchiveAsync(target);

        // The agent gets no warning: the kernel kills all processes of the namespace.
        await target.SignalAsync("KILL");
        await agent.EndsWithAsync(137);
        Assert.Equal(["snapshots", "snapshots.log", "snapshots.tgz.part"], target.Artefacts);
        string orphan = Assert.Single(Directory.GetDirectories(Path.Combine(target.Data, "snapshots")));

        await target.ReplaceAsync();
        AgentContainer next = await target.StartAgentAsync(hasTerminal: false);
        await next.EndsWithAsync(0);
        Assert.Equal(["snapshots", "snapshots.log", "snapshots.tgz", "snapshots.tgz.sha256"], target.Artefacts);
        Assert.NotEqual(orphan, Assert.Single(Directory.GetDirectories(Path.Combine(target.Data, "snapshots"))));
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
        await Judge.GzipAcceptsAsync(target.Archive);
    }

    private static Task BeginsToArchiveAsync(TargetContainer target) =>
        Eventually.HoldsAsync(() => Task.FromResult(File.Exists(target.Archive + ".part")), () => "no partial archive");
}

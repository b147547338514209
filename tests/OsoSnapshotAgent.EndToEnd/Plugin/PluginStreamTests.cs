using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests --stream: it leaves no file on the volume, and no partial file here.</summary>
public sealed class PluginStreamTests
{
    [Fact]
    public async Task A_stream_arrives_whole_and_leaves_nothing_on_the_volume()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        (await cluster.RunAsync("take", Cluster.Pod, "--stream")).Succeeded();

        await Judge.Sha256SumAcceptsAsync(cluster.Archive + ".sha256");
        await Judge.GzipAcceptsAsync(cluster.Archive);
        await LeftNothingAsync(cluster, target);
        CommandResult status = await cluster.RunAsync("status", Cluster.Pod);
        Assert.Contains("terminated with status 0", status.Output, StringComparison.Ordinal);
    }

    // The agent has sent the whole of a small archive before it can learn of the cut.
    [Theory]
    [InlineData(1_000_000)]
    [InlineData(30_000_000)]
    public async Task A_stream_that_is_cut_leaves_nothing_here_or_there(long blockBytes)
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = blockBytes });
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_bytes"] = 200_000 } });

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "--stream");

        Assert.Equal(6, take.ExitStatus);
        Assert.Contains("The stream broke off", take.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Files);
        await LeftNothingAsync(cluster, target);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_stream_and_takes_the_snapshot_back()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 30_000 } });

        CommandResult take = await cluster.InterruptAsync(50_000, "take", Cluster.Pod, "--stream");

        Assert.Equal(130, take.ExitStatus);
        Assert.Matches("Interrupted[.] The partial copy is deleted", take.Error);
        Assert.Empty(cluster.Files);
        await LeftNothingAsync(cluster, target);
    }

    private static async Task LeftNothingAsync(Cluster cluster, TargetContainer target)
    {
        Assert.DoesNotContain(target.Artefacts.Select(name => Path.Combine(target.Data, name)), path => File.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any());
        await Eventually.HoldsAsync(
            async () => (await cluster.RunAsync("status", Cluster.Pod)).Output.Contains("terminated", StringComparison.Ordinal), () => "the container has not ended");
    }
}

using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>One command makes, copies and checks an archive, and leaves the volume as it was.</summary>
public sealed class PluginTakeTests
{
    [Fact]
    public async Task Take_copies_the_archive_checks_it_and_leaves_the_volume_as_it_was()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "-n", "oso", "--service", TargetContainer.Service, "--prefix", TargetContainer.Prefix)).Succeeded();

        Assert.Contains("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA", take.Error, StringComparison.Ordinal);
        Assert.Equal([Cluster.Pod + "-snapshots.tgz", Cluster.Pod + "-snapshots.tgz.sha256"], cluster.Files);
        await Judge.Sha256SumAcceptsAsync(cluster.Archive + ".sha256");
        Assert.Equal(2, (await Judge.TarNamesAsync(cluster.Archive)).Count(name => name.EndsWith("/meta.json", StringComparison.Ordinal)));
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task Through_many_cuts_the_copy_is_byte_equal_and_no_byte_comes_twice()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = 16 << 20 });
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_bytes"] = 700_001 } });

        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--chunk", "5000000")).Succeeded();

        Assert.Equal(await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(cluster.Archive, TestContext.Current.CancellationToken));
        Assert.InRange(cluster.Exports.Count(export => export.IsBroken), 5, int.MaxValue);
        Assert.Equal(new FileInfo(target.Archive).Length, cluster.Exports.Sum(export => export.Passed));
    }
}

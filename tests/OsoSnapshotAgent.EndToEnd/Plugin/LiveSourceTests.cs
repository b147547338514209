using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests each kind of source of a restore into a running Prometheus, and a server that has blocks.</summary>
public sealed class LiveSourceTests
{
    [Fact]
    public async Task An_archive_and_a_backup_directory_bring_the_same_samples_back_and_a_second_time_nothing_comes() =>
        await Task.WhenAll(((string[])["archive.tgz", "B"]).Select(async source =>
        {
            await using TargetContainer from = await TargetContainer.StartAsync();
            await using TargetContainer to = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 0 });
            using Cluster cluster = new(from, to) { Timeout = TimeSpan.FromMinutes(3) };
            const string Pod = "oso-p-prom-svr-1";
            (await cluster.RunAsync("take", Cluster.Pod, source == "B" ? "--into" : "-o", source)).Succeeded();

            CommandResult first = (await cluster.RunAsync("restore", source, "--into", Pod)).Succeeded();
            CommandResult second = (await cluster.RunAsync("restore", source, "--into", Pod)).Succeeded();

            Assert.Contains($"✅ {Pod}: 2 blocks back", first.Error, StringComparison.Ordinal);
            Assert.Contains($"✅ {Pod}: 0 blocks back, 2 there already", second.Error, StringComparison.Ordinal);
            string[] restored = await LiveHistory.DumpAsync(PrometheusVersion.V2_42, to.Data);
            Assert.Empty((await LiveHistory.DumpAsync(PrometheusVersion.V2_42, from.Data)).Except(restored));
        }));

    [Fact]
    public async Task A_replica_with_overlapping_and_older_blocks_keeps_its_own_samples_beside_the_restored_ones()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(3) };
        string[] own = await LiveHistory.DumpAsync(PrometheusVersion.V2_42, target.Data);
        LiveHistory overlapping = LiveHistory.Generate(cluster, blocks: 1, age: TimeSpan.FromHours(1));
        LiveHistory.Generate(cluster, blocks: 1, age: TimeSpan.FromDays(3), name: "history", seed: 8);

        CommandResult restore = (await cluster.RunAsync("restore", overlapping.Path, "--into", Cluster.Pod)).Succeeded();

        Assert.Contains("overlaps block ", restore.Error, StringComparison.Ordinal);
        await target.ReplaceAsync();
        string[] after = await LiveHistory.DumpAsync(PrometheusVersion.V2_42, target.Data);
        Assert.Empty(own.Except(after));
        Assert.Empty((await LiveHistory.DumpAsync(PrometheusVersion.V2_42, overlapping.Path)).Except(after));
    }
}

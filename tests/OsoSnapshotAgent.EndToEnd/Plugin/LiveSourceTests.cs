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
            using Cluster cluster = new(from, to);
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
    public async Task A_replica_with_overlapping_and_older_blocks_keeps_its_own_samples_also_those_out_of_order() =>
        await Task.WhenAll(((PrometheusVersion[])[PrometheusVersion.V2_42, PrometheusVersion.V3_5]).Select(async version =>
        {
            await using TargetContainer target = await TargetContainer.StartAsync(OutOfOrder with { Version = version });
            using Cluster cluster = new(target);
            string[] own = await LiveHistory.DumpAsync(version, target.Data);
            string late = await LateAsync(target);
            LiveHistory overlapping = LiveHistory.Generate(cluster, blocks: 1, age: TimeSpan.Zero);
            LiveHistory.Generate(cluster, blocks: 1, age: TimeSpan.FromDays(3), name: "history", seed: 8);

            CommandResult restore = (await cluster.RunAsync("restore", overlapping.Path, "--into", Cluster.Pod)).Succeeded();

            Assert.Contains("overlaps block ", restore.Error, StringComparison.Ordinal);
            Assert.Equal(late, await QueryLateAsync(target));
            await target.ReplaceAsync();
            Assert.Equal(late, await QueryLateAsync(target));
            string[] after = await LiveHistory.DumpAsync(version, target.Data);
            Assert.Empty(own.Except(after));
            Assert.Empty((await LiveHistory.DumpAsync(version, overlapping.Path)).Except(after));
        }));

    // Some of the samples that came late lie in the time of the restored block.
    private static TargetOptions OutOfOrder { get; } = new()
    {
        Files = new Dictionary<string, string> { ["prometheus.yml"] = """{"storage": {"tsdb": {"out_of_order_time_window": "6h"}}}""" },
        Flags = ["--web.enable-remote-write-receiver"],
    };

    /// <summary>Sends a sample of now, and then one for each five minutes before.</summary>
    /// <returns>The server's samples.</returns>
    private static async Task<string> LateAsync(TargetContainer target)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        await target.WriteAsync(Enumerable.Range(0, 60).Select(step => RemoteWrite.Body([("late", [(now.AddMinutes(-5 * step), step)])])));
        string late = await QueryLateAsync(target);
        Assert.Equal(60, late.Split("],[").Length);
        return late;
    }

    // A query of now does not depend on the head's times.
    private static async Task<string> QueryLateAsync(TargetContainer target) =>
        new HttpAnswer(200, await BackupFolder.QueryAsync(target, "query?query=late%5B8h%5D")).Series;
}

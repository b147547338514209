using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Tests that a running Prometheus gets its history back. A server looks for new blocks once a minute, so servers that
/// a test needs several of wait side by side.
/// </summary>
public sealed class LiveRestoreTests
{
    [Fact]
    public async Task Each_version_answers_with_the_restored_samples_and_loses_none_at_a_restart() =>
        await Task.WhenAll(PrometheusVersion.All.Select(async version =>
        {
            await using TargetContainer target = await TargetContainer.StartAsync(
                BackupFolder.Scraping with
                {
                    BlockCount = 0,
                    Flags = PodOptions.MergesNothing,
                    Version = version,
                    User = version == PrometheusVersion.V3_5 ? "1000:2000" : "65534:65534",
                });
            using Cluster cluster = new(target);
            LiveHistory history = LiveHistory.Generate(cluster, blocks: 3);
            await BackupFolder.HeadHasSamplesAsync(target);

            CommandResult restore = (await cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod)).Succeeded();

            Assert.Contains($"✅ {Cluster.Pod}: 3 blocks back", restore.Error, StringComparison.Ordinal);
            Assert.Equal("0", await LiveHistory.MetricAsync(target, "prometheus_tsdb_reloads_failures_total"));
            Assert.Equal("3", await LiveHistory.MetricAsync(target, "prometheus_tsdb_blocks_loaded"));
            Assert.Empty(target.Artefacts);
            string[] before = await LiveHistory.DumpAsync(version, target.Data);
            await target.ReplaceAsync();
            string[] after = await LiveHistory.DumpAsync(version, target.Data);
            Assert.Empty((await LiveHistory.DumpAsync(version, history.Path)).Except(before));
            Assert.Empty(before.Except(after));
        }));
}

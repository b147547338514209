using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Runs the commands of the CronJobs that the real kubectl makes of docker/kubernetes/nightly, and the metrics of such a
/// run. BucketTests has the one for a bucket.
/// </summary>
public sealed class NightlyTests
{
    [Theory]
    [InlineData("1.32")]
    [InlineData("1.36")]
    public async Task A_night_fills_a_backup_directory_and_prunes_it(string kubectl)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        IReadOnlyList<string[]> commands = await Manifest.NightlyAsync("directory.yaml", kubectl: kubectl);
        Assert.Equal(["take", "prune"], commands.Select(command => command[0]));

        await RunAsync(cluster, commands);

        (await cluster.RunAsync("verify", "prometheus")).Succeeded();
    }

    [Fact]
    public async Task A_night_makes_an_archive_of_each_pod_in_its_own_directory()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        await RunAsync(cluster, await Manifest.NightlyAsync("archives.yaml"));

        (await cluster.RunAsync("verify", $"night/{Cluster.Pod}-snapshots.tgz")).Succeeded();
        (await cluster.RunAsync("remove", Cluster.Pod, "--resident")).Succeeded();
    }

    [Fact]
    public async Task The_metrics_of_a_backup_reach_the_Pushgateway_and_one_that_is_not_there_changes_no_status()
    {
        using RealPushGateway gateway = await RealPushGateway.StartAsync();
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        (await cluster.RunAsync("take", Cluster.Pod, "--into", "B", "--push", $"{gateway.Address}", "-q")).Succeeded();
        string[] scraped = await gateway.ScrapeAsync();
        CommandResult lost = (await cluster.RunAsync("take", Cluster.Pod, "--into", "B", "--push", "http://127.0.0.1:9", "-q")).Succeeded();

        string labels = $"{{cluster=\"{ApiServer.ApiServer.ClusterUid}\",instance=\"\",job=\"oso_snapshot\",namespace=\"oso\",pod=\"{Cluster.Pod}\"}} ";
        Assert.Equal(6, scraped.Length);
        Assert.Contains($"oso_snapshot_last_run_status{labels}0", scraped);
        Assert.Contains($"oso_snapshot_last_success_damaged{labels}0", scraped);
        Assert.Contains("⚠️ The metrics did not reach the Pushgateway http://127.0.0.1:9/", lost.Error, StringComparison.Ordinal);
    }

    private static async Task RunAsync(Cluster cluster, IReadOnlyList<string[]> commands)
    {
        foreach (string[] command in commands)
        {
            (await cluster.RunAsync([.. command.Select(word => word.Replace("/backups", cluster.Folder, StringComparison.Ordinal)
                .Replace("$(JOB_NAME)", "night", StringComparison.Ordinal))])).Succeeded();
        }
    }
}

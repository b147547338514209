using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests drills: a throwaway Prometheus of this machine proves that a backup can be restored.</summary>
public sealed class DrillTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drill_with_each_version_proves_a_backup_as_the_cron_job_does_and_leaves_only_its_metric()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        (await cluster.RunAsync("take", Cluster.Pod, "--into", "B")).Succeeded();
        string[] job = Assert.Single(Manifest.Commands(
            await File.ReadAllLinesAsync(Repository.PathOf("docker/kubernetes/drill.yaml"), Token)));

        await Task.WhenAll(PrometheusVersion.All.Select(async version =>
        {
            string[] arguments = [.. job.Select(word => word switch
            {
                "s3://BUCKET/PREFIX" => "B",
                "--pod=NAMESPACE.POD" => $"--pod=oso.{Cluster.Pod}",
                "--prometheus=/tools/prometheus" => $"--prometheus={version.Root}/usr/bin/prometheus",
                "--work-dir=/work" => $"--work-dir={version}",
                _ => word,
            })];

            CommandResult drill = (await cluster.RunAsync([.. arguments, "--metrics-file", $"{version}.prom"])).Succeeded();

            Assert.Contains("✅ Prometheus answers with all ", drill.Output, StringComparison.Ordinal);
            Assert.Contains("✅ The series of 50 metrics are counted as in the blocks", drill.Output, StringComparison.Ordinal);
            Assert.EndsWith("✅ The drill succeeded: 2 blocks\n", drill.Output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, $"{version}")));
            Assert.Matches(
                $"(?m)^oso_snapshot_last_drill_success_timestamp_seconds\\{{cluster=\"[^\"]+\",namespace=\"oso\",pod=\"{Cluster.Pod}\"\\}} [0-9]+$",
                await File.ReadAllTextAsync(Path.Combine(cluster.Folder, $"{version}.prom"), Token));
        }));
    }

    [Fact]
    public async Task A_backup_of_overlapping_blocks_which_the_server_merges_is_proven()
    {
        using Cluster cluster = new();
        LiveHistory.Generate(cluster, blocks: 1, name: "snapshots/20250820T165101Z-0eb533ff8d43ed64");
        LiveHistory.Generate(cluster, blocks: 1, name: "snapshots/20250820T165101Z-0eb533ff8d43ed64", seed: 8);
        Directory.Delete(Path.Combine(cluster.Folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64/wal"));
        (await HostCommand.RunAsync(
            ["sh", "-c", "tar czf snapshots.tgz snapshots && sha256sum snapshots.tgz >snapshots.tgz.sha256"], cluster.Folder)).Succeeded();

        CommandResult drill = await cluster.RunAsync(
            "drill", "snapshots.tgz", "--prometheus", $"{PrometheusVersion.V3_5.Root}/usr/bin/prometheus", "--work-dir", "work");

        Assert.EndsWith("✅ The drill succeeded: 2 blocks\n", drill.Succeeded().Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, "work")));
    }

    [Fact]
    public async Task A_drill_that_cannot_succeed_says_why_and_leaves_nothing()
    {
        using Cluster cluster = new();
        string archive = Repository.PathOf("tests/fixtures/0.2.0/snapshots.tgz");
        string damaged = Path.Combine(cluster.Folder, "damaged.tgz");
        byte[] bytes = await File.ReadAllBytesAsync(archive, Token);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes, Token);
        string prometheus = $"{PrometheusVersion.V2_42.Root}/usr/bin/prometheus";
        (string[] Arguments, string Problem)[] cases =
        [
            ([archive, "--prometheus", "/nowhere/prometheus"], "/nowhere/prometheus can't be started"),
            ([archive, "--prometheus", "false"], "false ended with 1"),
            ([damaged, "--prometheus", prometheus], "is damaged"),
        ];
        foreach ((string[] arguments, string problem) in cases)
        {
            CommandResult drill = await cluster.RunAsync(["drill", .. arguments, "--work-dir", "work", "--metrics-file", "m"]);

            Assert.NotEqual(0, drill.ExitStatus);
            Assert.Contains(problem, drill.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, "work")));
            Assert.False(File.Exists(Path.Combine(cluster.Folder, "m")));
        }
    }
}

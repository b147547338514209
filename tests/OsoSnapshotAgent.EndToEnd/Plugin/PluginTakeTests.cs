using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests that one command makes, copies and checks an archive, and leaves the volume as it was.</summary>
public sealed class PluginTakeTests
{
    [Fact]
    public async Task Take_copies_the_archive_checks_it_and_leaves_the_volume_as_it_was()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "-n", "oso", "--service", TargetContainer.Service, "--prefix", TargetContainer.Prefix, "-v")).Succeeded();

        Assert.Contains("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA", take.Error, StringComparison.Ordinal);
        Assert.Equal([Cluster.Pod + "-snapshots.tgz", Cluster.Pod + "-snapshots.tgz.sha256"], cluster.Files);
        await Judge.Sha256SumAcceptsAsync(cluster.Archive + ".sha256");
        Assert.Equal(2, (await Judge.TarNamesAsync(cluster.Archive)).Count(name => name.EndsWith("/meta.json", StringComparison.Ordinal)));
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_container_is_told_its_run_through_exec_and_by_no_variable()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        (await cluster.RunAsync("take", Cluster.Pod, "--env", "OSO_SNAPSHOT_LEVEL=2")).Succeeded();

        Assert.Empty(Assert.Single(cluster.Variables));
        Assert.DoesNotContain(cluster.Requests, request => request.Contains("OSO_SNAPSHOT_LEVEL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--keep")]
    [InlineData("--stream")]
    [InlineData("--into", "backups")]
    public async Task Blocks_that_are_damaged_on_Prometheus_own_disk_are_copied_and_told_with_status_10(params string[] options)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        string chunks = Directory.EnumerateFiles(target.Data, "000001", SearchOption.AllDirectories).First(path => !path.Contains("wal", StringComparison.Ordinal));
        await RootShell.RunAsync("printf x | dd of=$0 bs=1 seek=200 conv=notrunc", chunks);

        CommandResult take = await cluster.RunAsync(["take", Cluster.Pod, .. options]);

        // A second attempt must not turn that into a success.
        CommandResult again = await cluster.RunAsync(["take", Cluster.Pod, "--skip-existing", "-o", Cluster.Pod + "-snapshots.tgz"]);
        Assert.Equal(10, again.ExitStatus);
        Assert.True(take.ExitStatus == 10, $"status {take.ExitStatus}: {take.Error}");
        Assert.Contains("blocks that are damaged on Prometheus' own disk", take.Error, StringComparison.Ordinal);
        await cluster.StatusTellsAsync("terminated with status");
        if (options is ["--keep"])
        {
            (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
        }
    }

    [Fact]
    public async Task Through_many_cuts_the_copy_is_byte_equal_and_no_byte_is_sent_twice()
    {
        // OSO_TEST_COPY_BYTES=7800000000 makes an archive of more than 4 GiB, whose copy with 200 cuts takes some
        // minutes.
        long blockBytes = long.Parse(Environment.GetEnvironmentVariable("OSO_TEST_COPY_BYTES") ?? "4000000", CultureInfo.InvariantCulture);
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = blockBytes });
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(5 + (blockBytes / 200_000_000)) };
        long cut = blockBytes / 360;
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_bytes"] = Math.Max(cut, 300_001) } });

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
        long size = new FileInfo(target.Archive).Length;
        int cuts = cluster.Exports.Count(export => export.IsBroken);
        TestContext.Current.SendDiagnosticMessage($"{size} bytes came through {cuts} cuts");
        Assert.InRange(cuts, 5, int.MaxValue);
        Assert.Equal(size, cluster.Exports.Sum(export => export.Passed));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests a backup directory that is filled from real pods: each block is stored once.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task The_second_backup_copies_only_the_heads_block_and_each_restores_to_its_own_snapshot()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(BackupFolder.Scraping);
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        await BackupFolder.HeadHasSamplesAsync(target);

        JsonNode first = await backup.TakeAsync("--keep");
        await backup.KeepSnapshotAsync(target, "first");
        JsonNode second = await backup.TakeAsync("--keep");
        await backup.KeepSnapshotAsync(target, "second");

        Assert.Equal((3, 3), ((int)first["blocks"]!, (int)first["copiedBlocks"]!));
        Assert.Equal((3, 1), ((int)second["blocks"]!, (int)second["copiedBlocks"]!));
        Assert.DoesNotContain("snapshots.tgz", target.Artefacts);
        Assert.Equal(4, backup.Blocks.Count);
        await backup.VerifiesAsync();
        await backup.PlainToolsAcceptAsync();

        string[] lists = [.. backup.Lists.Select(list => Path.GetFileNameWithoutExtension(list))];
        await backup.RestoresAsync("first", "--at", lists[0]);
        await backup.RestoresAsync("second");
        JsonNode[] table = await backup.TableAsync();
        Assert.Equal(lists, table.Select(line => (string)line["snapshot"]!));
        Assert.All(table, line => Assert.InRange((long)line["ownBytes"]!, 1, (long)line["bytes"]! / 2));
    }

    [Fact]
    public async Task After_the_release_the_volume_is_as_before_and_plain_tools_restore_the_backup()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "--into", "B")).Succeeded();

        Assert.Contains("Released; the agent has removed this run's files and all snapshots", take.Error, StringComparison.Ordinal);
        Assert.Contains("2 blocks in snapshot ", take.Error, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
        Assert.Equal(
            [".lock", "blocks", "oso-backup.json", "snapshots"],
            Directory.EnumerateFileSystemEntries(backup.Path).Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal));
        await backup.PlainToolsRestoreAsync();
        (await HostCommand.RunAsync(
            ["sh", "-c", "diff -r plain \"$0\" -x wal -x chunks_head -x queries.active -x lock", target.Data],
            cluster.Folder)).Succeeded();
    }

    [Fact]
    public async Task An_archive_of_an_earlier_run_stays_on_the_volume()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        (await cluster.RunAsync("take", Cluster.Pod, "--into", "B")).Succeeded();

        Assert.Equal(["snapshots.log", "snapshots.tgz", "snapshots.tgz.sha256"], target.Artefacts);
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
    }

    [Fact]
    public async Task Two_pods_share_the_blocks_that_they_both_have()
    {
        await using TargetContainer first = await TargetContainer.StartAsync();
        await using TargetContainer second = await TargetContainer.StartAsync();
        using Cluster cluster = new(first, second);
        BackupFolder backup = new(cluster);

        CommandResult take = (await cluster.RunAsync(
            "take", "-l", "app=prometheus", "--into", "B", "--output", "json")).Succeeded();

        Assert.Equal(2, take.Lines.Count);
        Assert.Equal(2, take.Lines.Sum(line => (int)JsonNode.Parse(line)!["copiedBlocks"]!));
        Assert.Equal((2, 2), (backup.Blocks.Count, backup.Lists.Count));
        await backup.VerifiesAsync();
        CommandResult unnamed = await cluster.RunAsync("restore", "B", "restored");
        Assert.Equal(2, unnamed.ExitStatus);
        Assert.Contains(
            $"several pods: {ApiServer.ApiServer.ClusterUid}/oso.oso-p-prom-svr-0, {ApiServer.ApiServer.ClusterUid}/oso.oso-p-prom-svr-1",
            unnamed.Error,
            StringComparison.Ordinal);
        (await cluster.RunAsync("restore", "B", "restored", "--pod", "oso.oso-p-prom-svr-1")).Succeeded();
    }

    [Fact]
    public async Task Through_many_cuts_every_block_is_byte_equal_and_no_byte_is_sent_twice()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 8 << 20 });
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_bytes"] = 300_001 } });

        await backup.TakeAsync("--keep");

        long copied = backup.Blocks.Sum(block => new FileInfo(block).Length);
        Assert.InRange(cluster.Exports.Count(export => export.IsBroken), 10, int.MaxValue);
        Assert.Equal(copied, cluster.Exports.Sum(export => export.Passed));
        cluster.Configure([]);
        (await cluster.RunAsync("take", Cluster.Pod, "--into", "whole")).Succeeded();
        (await HostCommand.RunAsync(["diff", "-r", "B/blocks", "whole/blocks"], cluster.Folder)).Succeeded();
    }

    [Fact]
    public async Task A_block_with_a_deletion_between_two_backups_is_copied_again_and_both_restores_are_right()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        await backup.TakeAsync();

        await BackupFolder.DeleteSeriesAsync(target, "node_cpu_seconds_total");
        JsonNode second = await backup.TakeAsync();

        Assert.Equal(2, (int)second["copiedBlocks"]!);
        Assert.Equal(4, backup.Blocks.Count);
        await backup.VerifiesAsync();
        string oldest = Path.GetFileNameWithoutExtension(backup.Lists[0]);
        Assert.NotEqual(0, await backup.SamplesAsync("before", "node_cpu_seconds_total", "--at", oldest));
        Assert.Equal(0, await backup.SamplesAsync("after", "node_cpu_seconds_total"));
    }

    /// <summary>OSO_TEST_COPY_BYTES=1200000000 gives the figures of a database of that size.</summary>
    [Fact]
    public async Task A_second_backup_of_an_unchanged_database_copies_nothing()
    {
        long bytes = long.Parse(
            Environment.GetEnvironmentVariable("OSO_TEST_COPY_BYTES") ?? "60000000", CultureInfo.InvariantCulture);
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = bytes });
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);

        long startedAt = Stopwatch.GetTimestamp();
        JsonNode first = await backup.TakeAsync();
        TimeSpan whole = Stopwatch.GetElapsedTime(startedAt);
        startedAt = Stopwatch.GetTimestamp();
        JsonNode second = await backup.TakeAsync();
        TimeSpan again = Stopwatch.GetElapsedTime(startedAt);

        TestContext.Current.SendDiagnosticMessage(
            $"{bytes} bytes of blocks, directory: first {whole.TotalSeconds:F1} s, {(long)first["copiedBytes"]!} bytes;"
            + $" second {again.TotalSeconds:F1} s, {(long)second["copiedBytes"]!} bytes");
        Assert.Equal(2, (int)first["copiedBlocks"]!);
        Assert.Equal(0, (int)second["copiedBlocks"]!);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests restores into a server that restarts, compacts, merges and deletes blocks meanwhile.</summary>
public sealed class LiveMeanwhileTests
{
    private const int Blocks = 8;
    private const int BlockMinutes = 120;
    private const int MergedMinutes = 486;
    private const long HeldAfter = 1 << 20;

    [Fact]
    public async Task A_server_that_restarts_compacts_merges_and_deletes_meanwhile_has_each_sample_in_the_end()
    {
        DateTimeOffset until = Until();
        await using TargetContainer target = await TargetContainer.StartAsync(Changing(OldestEnd(until)));
        await using TargetContainer other = await TargetContainer.StartAsync(MergesNothing);
        using Cluster cluster = new(target, other);
        LiveHistory history = LiveHistory.Generate(
            cluster, Blocks, TimeProvider.System.GetUtcNow() - until, bytes: 4 << 20);
        string[] restore = ["restore", history.Path, "--into", Cluster.Pod];

        CommandResult restarted = await LiveInterval.RunAsync(cluster, target, HeldAfter, restore, target.ReplaceAsync);

        Assert.NotEqual(0, restarted.ExitStatus);
        Assert.True(restarted.Error.Contains("run the same command again: blocks that are back stay", StringComparison.Ordinal), restarted.Error);
        await LiveHistory.RequireUnharmedAsync(target);
        int before = await LiveHistory.WholeBlocksAsync(cluster, target, "after a restart");
        Assert.InRange(before, 1, Blocks - 2);
        await HasHistoryAsync(other, history);
        Task child = Task.CompletedTask;
        CommandResult changed = await LiveInterval.RunAsync(cluster, target, HeldAfter, restore, async () =>
        {
            await WriteAsync(target);
            string merged = await MergedAsync(target, history);
            child = ReplacesItsParentsAsync(cluster, other, history, await CopyAsync(cluster, target, merged));
        });
        changed.Succeeded();
        Assert.Contains($"{Blocks - before} blocks back", changed.Error, StringComparison.Ordinal);
        await LiveHistory.RequireUnharmedAsync(target);
        await child;
        await RequireKnownAsync(cluster, restore, history.Blocks[0]);
        await RootShell.RunAsync("rm -r \"$0/$1\"", history.Path, history.Blocks[0].Ulid);
        await history.RequireSamplesAsync(target);
    }

    // The oldest block is within the retention until the server has a block that ends five minutes from now.
    private static TargetOptions Changing(DateTimeOffset oldestEnd) => new()
    {
        BlockCount = 0,
        Flags =
        [
            "--web.enable-remote-write-receiver", "--storage.tsdb.min-block-duration=2m",
            $"--storage.tsdb.max-block-duration={MergedMinutes}m", string.Create(
                CultureInfo.InvariantCulture,
                $"--storage.tsdb.retention.time={(long)(TimeProvider.System.GetUtcNow() - oldestEnd).TotalSeconds + 180}s"),
        ],
    };

    private static TargetOptions MergesNothing { get; } = BackupFolder.Scraping with
    {
        BlockCount = 0,
        Flags = PodOptions.MergesNothing,
    };

    // The server merges blocks within spans that begin at multiples of their length. The oldest block reaches into the
    // next span or ends with its own, so it stays alone until the retention deletes it.
    private static DateTimeOffset Until() => Enumerable.Range(0, Blocks)
        .Select(block => TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(3) - TimeSpan.FromMinutes(block * BlockMinutes))
        .First(until =>
        {
            long end = OldestEnd(until).ToUnixTimeSeconds() / 60;
            return end / MergedMinutes > (end - BlockMinutes) / MergedMinutes;
        });

    // Generated blocks end at even hours.
    private static DateTimeOffset OldestEnd(DateTimeOffset until)
    {
        long hours = until.ToUnixTimeSeconds() / 7200 * 2;
        return DateTimeOffset.FromUnixTimeSeconds((hours - (2 * (Blocks - 1))) * 3600);
    }

    // The head then spans more than one and a half times the smallest block: it is compacted at once.
    private static async Task WriteAsync(TargetContainer target)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        await target.WriteAsync(Enumerable.Range(-10, 20).Select(minute => RemoteWrite.Body(
            [("load", [(now.AddMinutes(minute), minute)])])));
    }

    /// <returns>The name of a block that the server has made of restored ones.</returns>
    private static async Task<string> MergedAsync(TargetContainer target, LiveHistory history)
    {
        string oldest = history.Blocks[0].Ulid;
        string[] known = [.. history.Blocks.Select(block => block.Ulid)];
        string? merged = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                string metas = await RootShell.RunAsync("cat \"$0\"/0*/meta.json 2>/dev/null | tr -d '\\n' | sed 's/}{/}\\n{/g' || true", target.Data);
                JsonNode[] blocks = [.. metas.Split('\n').Select(meta => JsonNode.Parse(meta)!)];
                merged = (string?)Array.Find(blocks, IsMerged)?["ulid"];
                return merged is not null && !(await LiveInterval.BlocksAsync(target)).Contains(oldest, StringComparison.Ordinal);
            },
            () => "no merged block, or the oldest one");
        return merged!;

        bool IsMerged(JsonNode block) => block["compaction"]!["parents"]?.AsArray() is { Count: > 1 } parents
            && parents.All(parent => known.Contains((string)parent!["ulid"]!));
    }

    private static async Task<string> CopyAsync(Cluster cluster, TargetContainer target, string block)
    {
        string copy = Path.Combine(cluster.Folder, "merged");
        await RootShell.RunAsync("mkdir \"$2\"; cp -r \"$0/$1\" \"$2\"; chmod -R a+rX \"$2\"", target.Data, block, copy);
        return copy;
    }

    private static async Task HasHistoryAsync(TargetContainer target, LiveHistory history)
    {
        await RootShell.RunAsync("cp -r \"$0\"/0* \"$1\"; chown -R --reference=\"$1\" \"$1\"", history.Path, target.Data);
        await target.ReplaceAsync();
        await BackupFolder.HeadHasSamplesAsync(target);
    }

    private static async Task ReplacesItsParentsAsync(
        Cluster cluster, TargetContainer target, LiveHistory history, string merged)
    {
        string[] parents = [.. JsonNode.Parse(await File.ReadAllTextAsync(
            Path.Combine(Directory.GetDirectories(merged).Single(), "meta.json")))!["compaction"]!["parents"]!.AsArray().Select(parent => (string)parent!["ulid"]!)];

        CommandResult restore = (await cluster.RunAsync("restore", merged, "--into", "oso-p-prom-svr-1", "-v")).Succeeded();

        Assert.NotEmpty(parents);
        Assert.Contains("1 block back", restore.Error, StringComparison.Ordinal);
        Assert.All(parents, parent => Assert.Contains(parent, restore.Error, StringComparison.Ordinal));
        await LiveHistory.RequireUnharmedAsync(target);
        string blocks = await LiveInterval.BlocksAsync(target);
        Assert.All(parents, parent => Assert.DoesNotContain(parent, blocks, StringComparison.Ordinal));
        await history.RequireSamplesAsync(target);
    }

    private static async Task RequireKnownAsync(Cluster cluster, string[] restore, GeneratedBlock deleted)
    {
        CommandResult refused = await cluster.RunAsync(restore);
        CommandResult plan = (await cluster.RunAsync([.. restore, "--leave-out-expired", "--dry-run"])).Succeeded();

        Assert.True(refused.ExitStatus == 4, refused.Error);
        Assert.Contains($" would delete block {deleted.Ulid} ", refused.Error, StringComparison.Ordinal);
        Assert.Contains($": 0 to restore, {Blocks - 1} there already, 1 left out", plan.Error, StringComparison.Ordinal);
        Assert.Contains(" is part of block ", plan.Error, StringComparison.Ordinal);
    }
}

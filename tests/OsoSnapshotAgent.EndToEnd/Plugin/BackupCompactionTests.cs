using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests backups of a real Prometheus that cuts, compacts and deletes blocks between them.</summary>
public sealed class BackupCompactionTests
{
    private const int Backups = 8;
    private const int SeriesCount = 40;

    // The query returns raw samples. None may be missing, and none may be added.
    private const string Query = "{__name__=~\"load_.+\"}[3h]";

    private static readonly TimeSpan Between = TimeSpan.FromMinutes(11);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly TargetOptions Compacting = new()
    {
        BlockCount = 0,
        Flags =
        [
            "--web.enable-remote-write-receiver", "--storage.tsdb.min-block-duration=2m",
            "--storage.tsdb.max-block-duration=18m", "--storage.tsdb.retention.time=50m",
        ],
    };

    [Fact]
    public async Task Each_restore_answers_as_the_server_did_at_that_moment_sample_by_sample()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(Compacting);
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(
            (TimeProvider.System.GetUtcNow() - (Backups * Between) - Between).ToUnixTimeSeconds());
        List<(string Snapshot, DateTimeOffset Time, string Answer)> moments = [];
        for (int count = 0; count < Backups; count++)
        {
            time = await WriteAsync(target, time);
            moments.Add(await TakeAsync(target, backup, time));
        }

        RequireAllThatPrometheusDoes(backup);
        await backup.VerifiesAsync();
        foreach ((string snapshot, DateTimeOffset at, string answer) in moments)
        {
            string restored = Path.Combine(cluster.Folder, snapshot);
            (await cluster.RunAsync("restore", "B", restored, "--at", snapshot)).Succeeded();
            await using PrometheusPod server = await Judge.StartRestoredAsync(restored, PrometheusVersion.V2_42);
            Assert.Equal(answer, await server.QueryAsync(Query, at));
        }
    }

    /// <returns>The time of the last sample.</returns>
    private static async Task<DateTimeOffset> WriteAsync(TargetContainer target, DateTimeOffset time)
    {
        List<byte[]> bodies = [];
        for (TimeSpan done = TimeSpan.Zero; done < Between; done += TimeSpan.FromMinutes(1))
        {
            DateTimeOffset[] times = [.. Enumerable.Range(1, 4).Select(step => time + (step * Interval))];
            bodies.Add(RemoteWrite.Body(
                from series in Enumerable.Range(0, SeriesCount)
                select ($"load_{series}", (IReadOnlyList<(DateTimeOffset, double)>)
                    [.. times.Select(at => (at, Math.Sin(series + (at.ToUnixTimeSeconds() / 100.0))))])));
            time = times[^1];
        }

        await target.WriteAsync(bodies);
        return time;
    }

    // Prometheus deletes old blocks at any time, so an answer counts only if it is the same before and after the
    // backup.
    private static async Task<(string Snapshot, DateTimeOffset Time, string Answer)> TakeAsync(
        TargetContainer target, BackupFolder backup, DateTimeOffset time)
    {
        string before;
        string after = await AnswerAsync(target, time);
        int tries = 0;
        do
        {
            Assert.InRange(++tries, 1, 10);
            before = after;
            await backup.TakeAsync();
            after = await AnswerAsync(target, time);
        }
        while (before != after);

        Assert.Equal(SeriesCount, after.Split('\n').Length);
        return (Path.GetFileNameWithoutExtension(backup.Lists[^1]), time, after);
    }

    private static async Task<string> AnswerAsync(TargetContainer target, DateTimeOffset time)
    {
        string at = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string path = $"query?query={Uri.EscapeDataString(Query)}&time={at}";
        return new HttpAnswer(200, await BackupFolder.QueryAsync(target, path)).Series;
    }

    // Without each of these events, the test would prove less than its name says.
    private static void RequireAllThatPrometheusDoes(BackupFolder backup)
    {
        JsonArray[] lists = [.. backup.Lists.Select(list => JsonNode.Parse(File.ReadAllText(list))!["blocks"]!.AsArray())];
        TimeSpan[] spans = [.. lists.SelectMany(list => list).Select(block => To(block) - From(block))];
        string[][] ulids = [.. lists.Select(list => list.Select(block => (string)block!["ulid"]!).ToArray())];
        Assert.Contains(spans, span => span <= TimeSpan.FromMinutes(2));
        Assert.Contains(spans, span => span > TimeSpan.FromMinutes(6));
        Assert.NotEmpty(ulids[^2].Intersect(ulids[^1]));
        Assert.InRange(backup.Blocks.Count, 1, ulids.Sum(list => list.Length) - 1);

        // The retention time has deleted the first backup's blocks.
        Assert.True(lists[^1].Min(From) > lists[0].Max(To), "the last backup holds blocks of the first one's time");

        static TimeSpan From(JsonNode? block) => TimeSpan.FromMilliseconds((long)block!["from"]!);

        static TimeSpan To(JsonNode? block) => TimeSpan.FromMilliseconds((long)block!["to"]!);
    }
}

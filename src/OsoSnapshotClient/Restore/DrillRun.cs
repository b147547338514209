using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Blocks.Index;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>
/// <c>drill</c>: restores a backup into a throwaway Prometheus while it runs, and compares what it answers with the
/// blocks. Nothing stays.
/// </summary>
/// <param name="program">The path of Prometheus.</param>
/// <param name="parent">The directory in which the drill makes one of its own.</param>
/// <param name="unpack">Restores the backup into a directory, and judges each block.</param>
/// <param name="seed">Chooses the metrics whose series are counted.</param>
internal sealed class DrillRun(
    string program,
    string parent,
    Action<RestoreTarget, CancellationToken> unpack,
    int seed,
    Action<string> say,
    TimeProvider time)
{
    private const string Loaded = "prometheus_tsdb_blocks_loaded";
    private const string Failures = "prometheus_tsdb_reloads_failures_total";
    private const string Blocks = "blocks";
    private const string Data = "data";
    private const int MaxNames = 10_000;
    private const int Counted = 50;
    private const int MaxSeries = 10_000;
    private const int QuerySteps = 10;

    // A tombstones file without tombstones has a header and a checksum.
    private const int EmptyTombstonesBytes = 9;

    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <exception cref="OperatorException">The backup can't be restored, or Prometheus answers otherwise.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        try
        {
            await RunInsideAsync(token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"The drill failed: {e.Message}",
                Causes.Remedy(e, "remove the cause, or name another --work-dir"),
                e);
        }
    }

    private async Task RunInsideAsync(CancellationToken token)
    {
        using DirectoryHandle above = DirectoryHandle.OpenOrCreate(parent);
        string name = $"oso-drill-{Guid.NewGuid():N}";
        DirectoryHandle directory = above.CreateDirectory(name, isPrivate: true);
        try
        {
            await RunInAsync(directory, token);
        }
        finally
        {
            directory.Dispose();
            DirectoryTree.Delete(above, name, _ => { }, () => { });
        }
    }

    private async Task RunInAsync(DirectoryHandle directory, CancellationToken token)
    {
        unpack(new(directory.PathOf(Blocks), owner: null, TextWriter.Null, time), token);
        using DirectoryHandle blocks = directory.OpenDirectory(Blocks);
        DrilledBlock[] restored = [.. BlocksIn(blocks)];
        directory.CreateDirectory(Data).Dispose();
        string retention = RetentionFlags.For([.. restored.Select(block => block.Meta)], time.GetUtcNow()).Flags;
        using ThrowawayServer server =
            await ThrowawayServer.StartAsync(program, directory, directory.PathOf(Data), retention, token);
        try
        {
            using DirectoryHandle data = directory.OpenDirectory(Data);
            Array.ForEach(restored, block => blocks.Move(block.Id.Text, data, block.Id.Text));
            await AwaitLoadedAsync(server, restored.Length, token);
            await RequireNamesAsync(server, data, restored, token);
            await CompareSeriesAsync(server, data, restored, token);
            await RequireQueryAsync(server, restored, token);
        }
        finally
        {
            await server.EndAsync();
        }

        say($"✅ The drill succeeded: {Plural.Of(restored.Length, "block")}");
    }

    private static IEnumerable<DrilledBlock> BlocksIn(DirectoryHandle blocks)
    {
        foreach (string name in blocks.Names())
        {
            if (BlockId.TryParse(name, out BlockId id))
            {
                using FileStream meta = blocks.OpenFile($"{name}/{BlockMeta.FileName}");
                bool hasTombstones =
                    blocks.Find($"{name}/{TombstonesCheck.FileName}") is { SizeBytes: > EmptyTombstonesBytes };
                yield return new(id, MetaCheck.Read(meta), hasTombstones);
            }
        }
    }

    private async Task AwaitLoadedAsync(ThrowawayServer server, int count, CancellationToken token)
    {
        say("Waiting until Prometheus has loaded the blocks. It looks for new ones once a minute.");
        long startedAt = time.GetTimestamp();
        while (await server.MetricAsync(Loaded, token) < count)
        {
            if (await server.MetricAsync(Failures, token) > 0)
            {
                throw Failed("Prometheus failed to load the blocks.");
            }

            if (time.GetElapsedTime(startedAt) > LoadLimit)
            {
                throw Failed($"Prometheus has not loaded the blocks within {Durations.Format(LoadLimit)}.");
            }

            await Task.Delay(Interval, time, token);
        }
    }

    private async Task RequireNamesAsync(
        ThrowawayServer server, DirectoryHandle data, DrilledBlock[] blocks, CancellationToken token)
    {
        long asked = 0;
        foreach (DrilledBlock block in blocks)
        {
            JsonElement answer = await server.AskAsync($"label/__name__/values?{block.Range}", token);
            HashSet<string?> known = [.. answer.EnumerateArray().Select(name => name.GetString())];
            foreach ((string name, _) in Names(data, block))
            {
                asked++;
                if (!known.Contains(name) && !block.HasTombstones)
                {
                    throw Failed($"Prometheus answers without the metric {Printable.Short(name)} of block {block.Id}.");
                }
            }
        }

        say($"✅ Prometheus answers with all {Plural.Of(asked, "metric")} of the blocks");
    }

    private async Task CompareSeriesAsync(
        ThrowawayServer server, DirectoryHandle data, DrilledBlock[] blocks, CancellationToken token)
    {
        (DrilledBlock Block, string Name, long Position)[] all =
        [
            .. from block in blocks
               where !block.HasTombstones
               from metric in Names(data, block)
               orderby Rank(block, metric.Name)
               select (block, metric.Name, metric.Position),
        ];
        int compared = 0;
        foreach ((DrilledBlock block, string name, long position) in all.Take(Counted))
        {
            using FileStream index = data.OpenFile($"{block.Id}/{IndexCheck.FileName}");
            uint expected = MetricNames.CountSeries(index, position);
            if (expected > MaxSeries)
            {
                continue;
            }

            string match = Uri.EscapeDataString($"{{__name__=\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"}}");
            int found = (await server.AskAsync($"series?match[]={match}&{block.Range}", token)).GetArrayLength();
            bool isShared = blocks.Any(other => other != block && other.Overlaps(block));
            if (isShared ? found < expected : found != expected)
            {
                throw Failed(
                    $"Prometheus has {found} series of {Printable.Short(name)} in block {block.Id}, which holds {expected}"
                    + $" (--seed {seed}).");
            }

            compared++;
        }

        say($"✅ The series of {Plural.Of(compared, "metric")} are counted as in the blocks (--seed {seed})");
    }

    // The same seed gives the same order on every machine.
    private ulong Rank(DrilledBlock block, string name) => XxHash3.HashToUInt64(
        Encoding.UTF8.GetBytes($"{block.Id} {name}"), seed);

    private async Task RequireQueryAsync(ThrowawayServer server, DrilledBlock[] blocks, CancellationToken token)
    {
        long from = blocks.Min(block => block.Meta.MinTime);
        long to = blocks.Max(block => block.Meta.MaxTime);
        string step = ((Math.Max(1, to - from) / 1000m / QuerySteps) + 0.001m).ToString(CultureInfo.InvariantCulture);
        string query = Uri.EscapeDataString("count({__name__!=\"\"})");
        JsonElement answer = await server.AskAsync(
            $"query_range?query={query}&{DrilledBlock.RangeOf(from, to)}&step={step}", token);
        if (answer.GetProperty("result").GetArrayLength() == 0)
        {
            throw Failed("A query over all metrics has no result.");
        }

        say("✅ A query over all metrics and all of the time is answered");
    }

    private static IEnumerable<(string Name, long Position)> Names(DirectoryHandle data, DrilledBlock block)
    {
        using FileStream index = data.OpenFile($"{block.Id}/{IndexCheck.FileName}");
        return MetricNames.Read(index, MaxNames);
    }

    private static OperatorException Failed(string problem) => new(
        ExitStatus.ArchiveFailed,
        problem,
        "see kubectl oso-snapshot verify, and whether this Prometheus is older than the one of the backup");

    private sealed record DrilledBlock(BlockId Id, BlockMeta Meta, bool HasTombstones)
    {
        public string Range => RangeOf(Meta.MinTime, Meta.MaxTime - 1);

        public static string RangeOf(long from, long to) =>
            string.Create(CultureInfo.InvariantCulture, $"start={from / 1000m}&end={to / 1000m}");

        public bool Overlaps(DrilledBlock other) =>
            Meta.MinTime < other.Meta.MaxTime && other.Meta.MinTime < Meta.MaxTime;
    }
}

using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>
/// Proves that a Prometheus answers from the blocks of a backup. The blocks say what the answers must be.
/// </summary>
/// <param name="blocks">Holds at least the index of each block.</param>
/// <param name="restored">The blocks.</param>
/// <param name="seed">Chooses the metrics whose series are counted.</param>
internal sealed class DrillProof(
    PrometheusApi server, DirectoryHandle blocks, DrilledBlock[] restored, int seed, Action<string> say)
{
    private const string Failures = "prometheus_tsdb_reloads_failures_total";
    private const int Counted = 50;
    private const int MaxSeries = 10_000;
    private const int QuerySteps = 10;

    /// <exception cref="OperatorException">Prometheus answers otherwise, or not at all.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        try
        {
            await RequireNamesAsync(token);
            ChosenMetric[] chosen = [.. Choose()];
            await CompareSeriesAsync(chosen, token);
            await RequireQueryAsync(chosen, token);
            await RequireNoFailureAsync(token);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException)
        {
            throw Failed($"Prometheus' answer has another form than it should: {Printable.Short(e.Message)}");
        }
    }

    /// <summary>Fails if Prometheus could not load its blocks at some time.</summary>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public async Task RequireNoFailureAsync(CancellationToken token)
    {
        if (await server.MetricAsync(Failures, token) > 0)
        {
            throw Failed("Prometheus failed to load the blocks.");
        }
    }

    public static OperatorException Failed(string problem) => new(
        ExitStatus.ArchiveFailed,
        problem,
        "see kubectl oso-snapshot verify, and whether this Prometheus is older than the one of the backup");

    private async Task RequireNamesAsync(CancellationToken token)
    {
        long answered = 0;
        foreach (DrilledBlock block in restored)
        {
            JsonElement answer = await server.AskAsync($"label/__name__/values?{block.Range}", token);
            HashSet<string?> known = [.. answer.EnumerateArray().Select(name => name.GetString())];
            foreach ((string name, _) in block.Names(blocks))
            {
                if (known.Contains(name))
                {
                    answered++;
                }
                else if (!block.HasTombstones)
                {
                    throw Failed($"Prometheus answers without the metric {Printable.Short(name)} of block {block.Id}.");
                }
            }
        }

        say($"✅ Prometheus answers with all {Plural.Of(answered, "metric")} of the blocks");
    }

    private async Task CompareSeriesAsync(ChosenMetric[] chosen, CancellationToken token)
    {
        foreach ((DrilledBlock block, string name, uint expected) in chosen)
        {
            string match = Uri.EscapeDataString(Selector(name));
            int found = (await server.AskAsync($"series?match[]={match}&{block.Range}", token)).GetArrayLength();
            bool isShared = restored.Any(other => other != block && other.Overlaps(block));
            if (isShared ? found < expected : found != expected)
            {
                throw Failed(
                    $"Prometheus has {found} series of {Printable.Short(name)} in block {block.Id}, which holds {expected}"
                    + $" (--seed {seed}).");
            }
        }

        say($"✅ The series of {Plural.Of(chosen.Length, "metric")} are counted as in the blocks (--seed {seed})");
    }

    // A backup may have a thousand blocks with ten thousand names each: only the first by rank are kept.
    private IEnumerable<ChosenMetric> Choose()
    {
        PriorityQueue<(DrilledBlock Block, string Name, long Position), ulong> chosen = new();
        foreach (DrilledBlock block in restored.Where(block => !block.HasTombstones))
        {
            foreach ((string name, long position) in block.Names(blocks))
            {
                ulong last = ulong.MaxValue - Rank(block, name);
                if (chosen.Count < Counted)
                {
                    chosen.Enqueue((block, name, position), last);
                }
                else
                {
                    chosen.EnqueueDequeue((block, name, position), last);
                }
            }
        }

        return
            from item in chosen.UnorderedItems
            orderby item.Priority descending
            let metric = item.Element
            let series = metric.Block.CountSeries(blocks, metric.Position)
            where series <= MaxSeries
            select new ChosenMetric(metric.Block, metric.Name, series);
    }

    // The same seed gives the same order on every machine.
    private ulong Rank(DrilledBlock block, string name) => XxHash3.HashToUInt64(
        Encoding.UTF8.GetBytes($"{block.Id} {name}"), seed);

    private async Task RequireQueryAsync(ChosenMetric[] chosen, CancellationToken token)
    {
        long from = restored.Min(block => block.Meta.MinTime);
        long to = restored.Max(block => block.Meta.MaxTime);
        string step = ((Math.Max(1, to - from) / 1000m / QuerySteps) + 0.001m).ToString(CultureInfo.InvariantCulture);
        string query = Uri.EscapeDataString("count({__name__!=\"\"})");
        JsonElement answer = await server.AskAsync(
            $"query_range?query={query}&{DrilledBlock.RangeOf(from, to)}&step={step}", token);
        if (answer.GetProperty("result").GetArrayLength() == 0)
        {
            await RequireSamplesAsync(chosen, token);
        }

        say("✅ A query over all metrics and all of the time is answered");
    }

    // A server that ran now and then has no sample at any of the steps. A metric with many series has one in its block.
    private async Task RequireSamplesAsync(ChosenMetric[] chosen, CancellationToken token)
    {
        if (chosen.Length == 0)
        {
            return;
        }

        (DrilledBlock block, string name, _) = chosen.MaxBy(metric => metric.Series);
        string query = Uri.EscapeDataString($"count(last_over_time({Selector(name)}[{block.Milliseconds}ms]))");
        JsonElement answer = await server.AskAsync($"query?query={query}&{block.End}", token);
        if (answer.GetProperty("result").GetArrayLength() == 0)
        {
            throw Failed($"Prometheus has no sample of {Printable.Short(name)} in block {block.Id}.");
        }
    }

    private static string Selector(string name) =>
        $"{{__name__=\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"}}";

    private readonly record struct ChosenMetric(DrilledBlock Block, string Name, uint Series);
}

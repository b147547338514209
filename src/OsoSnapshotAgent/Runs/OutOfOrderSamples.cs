using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Warns if the head holds samples that came out of order. No snapshot has them: Snapshot in tsdb/db.go writes the
/// blocks and the in-order head. The warning is a courtesy, so its failures don't matter to the run.
/// </summary>
internal sealed class OutOfOrderSamples(Transcript transcript)
{
    private const string Counter = "prometheus_tsdb_head_out_of_order_samples_appended_total";
    private const string Window = "out_of_order_time_window:";
    private const double MaxCount = 1e15;

    /// <summary>Call this before the snapshot request. If a compaction lies between, the warning is needless.</summary>
    /// <returns>What the snapshot will lack, in words; null if nothing is known to be missing.</returns>
    public async Task<string?> FindAsync(
        PrometheusClient client,
        PrometheusServer server,
        DataDirectory data,
        CancellationToken token)
    {
        bool? isInHead = data.HasOutOfOrderSamples();
        if (isInHead == false)
        {
            return null;
        }

        // The counter includes samples that are in blocks by now, so it decides only if the log can't be seen.
        long count = await AskAsync(CountAsync(client, server, token));
        bool isMissing = isInHead == true || (count > 0 && await AskAsync(HasWindowAsync(client, server, token)));
        return isMissing ? Warn(isInHead == true, count) : null;
    }

    private static async Task<T> AskAsync<T>(Task<T> answer)
        where T : struct
    {
        try
        {
            return await answer;
        }
        catch (OperatorException)
        {
            // The snapshot request will report what is wrong with the server.
            return default;
        }
    }

    private static async Task<long> CountAsync(
        PrometheusClient client,
        PrometheusServer server,
        CancellationToken token)
    {
        double? sum = await client.MetricSumAsync(server.BaseUrl, Counter, token);
        return sum is >= 1 and < MaxCount ? (long)sum : 0;
    }

    private static async Task<bool> HasWindowAsync(
        PrometheusClient client,
        PrometheusServer server,
        CancellationToken token)
    {
        string configuration = await client.ConfigurationAsync(server.BaseUrl, token);
        return configuration.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith(Window, StringComparison.Ordinal))
            .Any(line => line[Window.Length..].Trim() is not ("0s" or "0" or ""));
    }

    private string Warn(bool isCertain, long count)
    {
        string since = count > 0 ? $" ({count} came since Prometheus started)" : string.Empty;
        string samples = "samples that came out of order" + since;
        transcript.Warning(
            LogId.SamplesMissing,
            $"The in-memory head {(isCertain ? "holds" : "may hold")} {samples}. No snapshot holds such samples. Prometheus writes them"
            + " into blocks at its next head compaction, every two hours: a snapshot after that has them.");
        return $"{(isCertain ? string.Empty : "perhaps ")}{samples}; a snapshot after the next head compaction has them";
    }
}

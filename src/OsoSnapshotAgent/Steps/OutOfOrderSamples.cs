using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>
/// Says whether the head holds samples that came out of order. No snapshot has them (tsdb/db.go: Snapshot writes the
/// blocks and the in-order head), and no answer of Prometheus says so. What can't be found out is never a failure.
/// </summary>
internal sealed class OutOfOrderSamples(PrometheusClient client, SnapshotRun run, Transcript transcript)
{
    private const string Counter = "prometheus_tsdb_head_out_of_order_samples_appended_total";
    private const string Window = "out_of_order_time_window:";
    private const double MaxCount = 1e15;

    /// <summary>To be called before the snapshot's request. A compaction in between makes the warning needless.</summary>
    public async Task LookAsync(CancellationToken token)
    {
        bool? isInHead = run.Target.Data.HasOutOfOrderSamples();
        if (isInHead == false)
        {
            return;
        }

        // It also counts samples that are in blocks by now; so it decides only where the log can't be seen.
        long count = await FindAsync(CountAsync(token));
        if (isInHead == true || (count > 0 && await FindAsync(HasWindowAsync(token))))
        {
            Tell(isInHead == true, count);
        }
    }

    private static async Task<T> FindAsync<T>(Task<T> answer)
        where T : struct
    {
        try
        {
            return await answer;
        }
        catch (AgentException)
        {
            // The snapshot's own request tells what is wrong with the server.
            return default;
        }
    }

    private async Task<long> CountAsync(CancellationToken token)
    {
        double? sum = await client.MetricSumAsync(run.Server.BaseUrl, Counter, token);
        return sum is >= 1 and < MaxCount ? (long)sum : 0;
    }

    private async Task<bool> HasWindowAsync(CancellationToken token)
    {
        string configuration = await client.ConfigurationAsync(run.Server.BaseUrl, token);
        return configuration.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith(Window, StringComparison.Ordinal))
            .Any(line => line[Window.Length..].Trim() is not ("0s" or "0" or ""));
    }

    private void Tell(bool isCertain, long count)
    {
        string since = count > 0 ? $" ({count} came since Prometheus started)" : string.Empty;
        string samples = "samples that came out of order" + since;
        run.MissingSamples = $"{(isCertain ? string.Empty : "perhaps ")}{samples}; a snapshot after the next head compaction has them";
        transcript.Warning(
            $"The in-memory head {(isCertain ? "holds" : "may hold")} {samples}. No snapshot holds such samples. Prometheus writes them"
            + " into blocks at its next head compaction, every two hours: a snapshot after that has them.");
    }
}

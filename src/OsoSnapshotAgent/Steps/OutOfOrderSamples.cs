using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>
/// Says whether the head holds samples that came out of order: no snapshot has them (tsdb/db.go: Snapshot writes the blocks and the
/// in-order head), and no answer of Prometheus says so. What can't be found out is never a failure.
/// </summary>
internal sealed class OutOfOrderSamples(PrometheusClient client, SnapshotRun run, Transcript transcript)
{
    private const string Counter = "prometheus_tsdb_head_out_of_order_samples_appended_total";
    private const string Window = "out_of_order_time_window:";
    private const double MaxCount = 1e15;

    /// <summary>To be called before the snapshot's request: a compaction that comes in between makes the warning needless, not wrong.</summary>
    public async Task LookAsync(CancellationToken token)
    {
        bool? isInHead = run.Target.Data.HasOutOfOrderSamples();
        if (isInHead == false)
        {
            return;
        }

        // It counts since Prometheus' start, those too that are in blocks by now; so it only decides where the log can't be seen.
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

    private async Task<long> CountAsync(CancellationToken token) =>
        await client.MetricSumAsync(run.Server.BaseUrl, Counter, token) is { } sum and >= 1 and < MaxCount ? (long)sum : 0;

    private async Task<bool> HasWindowAsync(CancellationToken token) =>
        (await client.ConfigurationAsync(run.Server.BaseUrl, token)).Split('\n').Select(line => line.Trim())
            .Any(line => line.StartsWith(Window, StringComparison.Ordinal) && line[Window.Length..].Trim() is not ("0s" or "0" or ""));

    private void Tell(bool isCertain, long count)
    {
        string since = count > 0 ? $" ({count} came since Prometheus started)" : string.Empty;
        run.MissingSamples = $"{(isCertain ? string.Empty : "perhaps ")}samples that came out of order{since}; a snapshot after the next head compaction has them";
        transcript.Warning(
            $"The in-memory head {(isCertain ? "holds" : "may hold")} samples that came out of order{since}. No snapshot holds such samples."
            + " Prometheus writes them into blocks at its next head compaction, every two hours: a snapshot after that has them.");
    }
}

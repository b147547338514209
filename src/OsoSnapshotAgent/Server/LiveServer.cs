using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>What a running server says of its blocks.</summary>
/// <param name="Loaded">The number of blocks that it answers from.</param>
/// <param name="Reloads">How often it has looked for new blocks since its start.</param>
/// <param name="Failures">How often that failed.</param>
internal readonly record struct LoadedBlocks(double Loaded, double Reloads, double Failures);

/// <summary>Asks a running server what matters to blocks that come into its data directory.</summary>
internal sealed class LiveServer(PrometheusClient client, PrometheusServer server)
{
    private const string LoadedMetric = "prometheus_tsdb_blocks_loaded";
    private const string ReloadsMetric = "prometheus_tsdb_reloads_total";
    private const string FailuresMetric = "prometheus_tsdb_reloads_failures_total";
    private const string MinBlockFlag = "storage.tsdb.min-block-duration";
    private const string MaxBlockFlag = "storage.tsdb.max-block-duration";

    private static readonly HashSet<string> LoadMetrics = [LoadedMetric, ReloadsMetric, FailuresMetric];

    public Uri BaseUrl => server.BaseUrl;

    /// <summary>The version; null if the server states none.</summary>
    public Version? Version =>
        Version.TryParse(server.Version.Split('-', '+', '~')[0], out Version? known) ? known : null;

    /// <summary>Whether another program uploads the blocks, such as Thanos' sidecar: the server merges none.</summary>
    public bool IsCompactionOff =>
        server.Flags.TryGetValue(MinBlockFlag, out string? least)
        && server.Flags.GetValueOrDefault(MaxBlockFlag) == least;

    /// <exception cref="OperatorException">The server has no database, or does not answer queries yet.</exception>
    public async Task RequireReadyAsync(CancellationToken token)
    {
        if (!await client.IsReadyAsync(BaseUrl, token))
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"The Prometheus at {BaseUrl} is not ready: it still reads its data, or is ending.",
                "Wait until it answers /-/ready, and run the same command again.");
        }

        if ((await client.MetricsAsync(BaseUrl, LoadMetrics, token)).Count < LoadMetrics.Count)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"The Prometheus at {BaseUrl} has no blocks to add to: its /metrics has no {LoadedMetric}.",
                "A server in agent mode keeps no history. Name another one.");
        }
    }

    public async Task<RetentionLimit> RetentionAsync(CancellationToken token) => RetentionLimit.Of(
        await client.MetricsAsync(BaseUrl, RetentionLimit.Metrics.ToHashSet(), token),
        await client.RetentionAsync(BaseUrl, token));

    /// <summary>
    /// Asks for the time of the head's first sample. If a block reaches beyond it, the next start of the server cuts
    /// the head at the block's end, and loses samples: tsdb/db.go, <c>open</c>; tsdb/head.go, <c>Init</c>.
    /// </summary>
    /// <returns>Unix milliseconds, the present at most: a server without samples will get some.</returns>
    public async Task<long> HeadStartAsync(DateTimeOffset now, CancellationToken token) =>
        Math.Min(await client.HeadStartAsync(BaseUrl, token), now.ToUnixTimeMilliseconds());

    /// <exception cref="OperatorException">The server does not answer.</exception>
    public async Task<LoadedBlocks> LoadedAsync(CancellationToken token)
    {
        IReadOnlyDictionary<string, double> values = await client.MetricsAsync(BaseUrl, LoadMetrics, token);
        return new(
            values.GetValueOrDefault(LoadedMetric, -1),
            values.GetValueOrDefault(ReloadsMetric),
            values.GetValueOrDefault(FailuresMetric));
    }

    /// <inheritdoc cref="PrometheusClient.MetricNamesAsync"/>
    public Task<IReadOnlySet<string>> MetricNamesAsync(long from, long to, CancellationToken token) =>
        client.MetricNamesAsync(BaseUrl, from, to, token);
}

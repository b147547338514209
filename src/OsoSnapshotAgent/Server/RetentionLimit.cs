using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>How long and how much a server keeps; null where it has no such limit.</summary>
/// <param name="Bytes">Of blocks, head and write-ahead log together.</param>
/// <param name="Share">The same as a share of the volume, from 0 to 1.</param>
internal sealed record RetentionLimit(TimeSpan? Time, long? Bytes, double? Share)
{
    private const string SecondsMetric = "prometheus_tsdb_retention_limit_seconds";
    private const string BytesMetric = "prometheus_tsdb_retention_limit_bytes";
    private const string PercentMetric = "prometheus_tsdb_retention_limit_percentage";

    // A thousand years.
    private const double MaxSeconds = 1000.0 * 365 * 86400;

    // model.Duration: prometheus/common, model/time.go.
    private static readonly Dictionary<string, double> Units = new(StringComparer.Ordinal)
    {
        ["y"] = 365 * 86400,
        ["w"] = 7 * 86400,
        ["d"] = 86400,
        ["h"] = 3600,
        ["m"] = 60,
        ["s"] = 1,
        ["ms"] = 0.001,
    };

    public static IReadOnlyList<string> Metrics { get; } = [SecondsMetric, BytesMetric, PercentMetric];

    /// <param name="metrics">The server's values of <see cref="Metrics"/>, as far as it has them.</param>
    /// <param name="stated">What the server says itself, such as <c>15d or 10GiB</c>. Only this is known of the time
    /// before Prometheus 2.53.</param>
    public static RetentionLimit Of(IReadOnlyDictionary<string, double> metrics, string stated)
    {
        double? seconds = metrics.TryGetValue(SecondsMetric, out double exact)
            ? exact
            : Durations.SecondsOf(stated.Split(" or ")[0], Units);
        return new(
            Positive(seconds) is { } time ? TimeSpan.FromSeconds(Math.Min(time, MaxSeconds)) : null,
            Positive(metrics.GetValueOrDefault(BytesMetric)) is { } bytes ? (long)Math.Min(bytes, 1e18) : null,
            Positive(metrics.GetValueOrDefault(PercentMetric)) / 100);
    }

    private static double? Positive(double? value) => value is > 0 ? value : null;
}

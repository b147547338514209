namespace TsdbGenerator.Model;

internal enum SeriesShape
{
    /// <summary>The same value forever: limits, information, errors that never happen.</summary>
    Constant,

    /// <summary>A count that only grows until its process restarts.</summary>
    Counter,

    /// <summary>A random walk around a level.</summary>
    Gauge,
}

/// <summary>A metric that each target of a kind exposes as one series.</summary>
internal sealed record Metric(string Name, SeriesShape Shape, params (string Name, string Value)[] Labels)
{
    /// <summary>A constant's or gauge's usual value, or a busy counter's usual growth in one scrape.</summary>
    public double Level { get; init; }

    /// <summary>
    /// The number of a stream of events. Series of a target with the same stream count the same events, as histogram
    /// buckets do.
    /// </summary>
    public int Stream { get; init; }

    /// <summary>
    /// The growth by one event: a bucket's share of all observations, or the seconds of a clock tick.
    /// </summary>
    public double Weight { get; init; } = 1;

    /// <summary>The step of a gauge's moves and of a counter's values; 0 for any value.</summary>
    public double Unit { get; init; } = 1;

    /// <summary>The number of targets in a hundred that have no events in this stream.</summary>
    public int IdlePercent { get; init; } = 60;
}

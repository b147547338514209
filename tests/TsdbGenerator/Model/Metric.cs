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

/// <summary>One series of every target of a kind.</summary>
internal sealed record Metric(string Name, SeriesShape Shape, params (string Name, string Value)[] Labels)
{
    /// <summary>A constant's or gauge's usual value; a busy counter's usual growth in one scrape.</summary>
    public double Level { get; init; }

    /// <summary>Series of a target with the same stream count the same events, as the buckets of a histogram do.</summary>
    public int Stream { get; init; }

    /// <summary>What one event adds: a bucket's part of all observations, or the seconds of a clock tick.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>A gauge moves, and a counter shows, in multiples of this; 0 for any value.</summary>
    public double Unit { get; init; } = 1;

    /// <summary>How many of a hundred targets have no events at all in this stream.</summary>
    public int IdlePercent { get; init; } = 60;
}

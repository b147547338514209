namespace OsoSnapshot.Formats.Tsdb;

/// <summary>Sums over the blocks of a snapshot.</summary>
internal sealed record BlockTally
{
    public int Blocks { get; private init; }

    /// <summary>Sum over the blocks: a series that lives in several blocks counts in each.</summary>
    public long Series { get; private init; }

    public long Samples { get; private init; }

    public DateTimeOffset From { get; private init; } = DateTimeOffset.MaxValue;

    public DateTimeOffset To { get; private init; } = DateTimeOffset.MinValue;

    public BlockTally With(BlockMeta meta) => new()
    {
        Blocks = Blocks + 1,
        Series = Sum(Series, meta.Stats.NumSeries),
        Samples = Sum(Samples, meta.Stats.NumSamples),
        From = meta.From() < From ? meta.From() : From,
        To = meta.To() > To ? meta.To() : To,
    };

    // Of more blocks than anybody has, the sum stays at its maximum.
    private static long Sum(long sum, long count) => sum + Math.Min(count, long.MaxValue - sum);
}

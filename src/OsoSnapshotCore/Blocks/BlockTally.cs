namespace OsoSnapshotCore.Blocks;

/// <summary>The sums over the blocks of a snapshot.</summary>
internal sealed record BlockTally
{
    public int Blocks { get; private init; }

    /// <summary>The sum over the blocks. A series in several blocks counts in each of them.</summary>
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

    // A sum that would overflow stays at the maximum. Only hostile blocks are so large.
    private static long Sum(long sum, long count) => sum + Math.Min(count, long.MaxValue - sum);
}

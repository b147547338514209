namespace OsoSnapshotAgent.Tsdb;

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
        Series = Series + meta.Stats.NumSeries,
        Samples = Samples + meta.Stats.NumSamples,
        From = meta.From() < From ? meta.From() : From,
        To = meta.To() > To ? meta.To() : To,
    };
}

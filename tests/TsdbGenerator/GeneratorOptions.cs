namespace TsdbGenerator;

/// <summary>What to generate. The same options, the directory aside, give the same bytes.</summary>
public sealed record GeneratorOptions
{
    /// <summary>Where the block directories are put; it is made if need be, and may hold other blocks.</summary>
    public required string Directory { get; init; }

    /// <summary>The size of all blocks together, met within about 10 % from 1 MiB on.</summary>
    public long SizeBytes { get; init; } = 64L << 20;

    public int BlockCount { get; init; } = 3;

    public ulong Seed { get; init; } = 1;

    /// <summary>The last block ends here, or up to two hours earlier: blocks start and end at even hours (UTC).</summary>
    public DateTimeOffset Until { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Of each block, as compaction makes them: 2, 6, 18, 54 or 162 hours; by default the shortest that is of use.</summary>
    public TimeSpan? BlockDuration { get; init; }

    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most bytes of a file in chunks/. Prometheus' value is 512 MiB; a small one makes many files of little data.</summary>
    public long SegmentBytes { get; init; } = 512L << 20;
}

namespace TsdbGenerator;

/// <summary>The options of a generation. Equal options give the same bytes in any directory.</summary>
public sealed record GeneratorOptions
{
    /// <summary>The directory for the blocks. It is made if it is missing, and may hold other blocks.</summary>
    public required string Directory { get; init; }

    /// <summary>The size of all blocks together. From 1 MiB on, the real size differs by at most about 10 %.</summary>
    public long SizeBytes { get; init; } = 64L << 20;

    public int BlockCount { get; init; } = 3;

    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The last block ends at this time or up to two hours earlier, because blocks start and end at even hours (UTC).
    /// </summary>
    public DateTimeOffset Until { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The duration of each block, as compaction makes them: 2, 6, 18, 54 or 162 hours. null means the shortest useful
    /// one.
    /// </summary>
    public TimeSpan? BlockDuration { get; init; }

    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The maximum size of a file in chunks/. Prometheus' value is 512 MiB. A small one makes many files of little
    /// data.
    /// </summary>
    public long SegmentBytes { get; init; } = 512L << 20;

    public IndexLayout Index { get; init; } = new();
}

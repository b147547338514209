using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Archiving;

/// <summary>The result of reading an archive back.</summary>
internal sealed record ArchiveReport
{
    public required BlockTally Tally { get; init; }

    public required IReadOnlyList<BlockReport> Blocks { get; init; }

    /// <summary>Damage in the blocks themselves, which Prometheus' own disk has too.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>CRC-32C of the file's bytes as they were read back.</summary>
    public required uint Crc32C { get; init; }
}

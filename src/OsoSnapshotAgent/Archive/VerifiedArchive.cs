using OsoSnapshot.Formats.Tsdb;

namespace OsoSnapshotAgent.Archive;

/// <summary>What reading an archive back has shown.</summary>
internal sealed record VerifiedArchive
{
    public required BlockTally Tally { get; init; }

    public required IReadOnlyList<AuditedBlock> Blocks { get; init; }

    /// <summary>Damage within the blocks themselves, as Prometheus' own disk holds them.</summary>
    public required IReadOnlyList<string> Damage { get; init; }

    /// <summary>CRC-32C of the file's bytes as they were read back.</summary>
    public required uint Crc32C { get; init; }
}

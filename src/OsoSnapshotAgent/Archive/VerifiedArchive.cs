using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Archive;

/// <summary>What reading an archive back has shown.</summary>
internal sealed record VerifiedArchive
{
    public required BlockTally Tally { get; init; }

    /// <summary>Damage within the blocks themselves, as Prometheus' own disk holds them.</summary>
    public required IReadOnlyList<string> Damage { get; init; }

    /// <summary>SHA-256 of the file's bytes, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}

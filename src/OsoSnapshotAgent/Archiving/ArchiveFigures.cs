

namespace OsoSnapshotAgent.Archiving;

/// <summary>What the writer knows of an archive that it has written.</summary>
internal sealed record ArchiveFigures
{
    /// <summary>The bytes of all files before compression.</summary>
    public required long InputBytes { get; init; }

    public required long ArchiveBytes { get; init; }

    /// <summary>How long the run paused for Prometheus in total.</summary>
    public required TimeSpan Paused { get; init; }

    /// <summary>CRC-32C of the archive's bytes as they were written.</summary>
    public required uint Crc32C { get; init; }

    /// <summary>SHA-256 of the archive's bytes as they were written, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}

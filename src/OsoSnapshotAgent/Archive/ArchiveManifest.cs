namespace OsoSnapshotAgent.Archive;

/// <summary>One entry as it was read from the snapshot.</summary>
/// <param name="Name">In the archive; a directory's ends with a slash.</param>
/// <param name="SizeBytes">0 for a directory.</param>
/// <param name="Crc32C">Of the content.</param>
internal readonly record struct ArchivedEntry(string Name, long SizeBytes, uint Crc32C);

/// <summary>What was written.</summary>
internal sealed record ArchiveManifest
{
    /// <summary>Bytes of all files before compression.</summary>
    public required long InputBytes { get; init; }

    public required long ArchiveBytes { get; init; }

    /// <summary>CRC-32C of the archive's bytes on their way to the file.</summary>
    public required uint Crc32C { get; init; }

    /// <summary>SHA-256 of the archive's bytes on their way to the file, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}

namespace OsoSnapshotCore.Archives.Tar;

internal enum TarEntryKind
{
    File,
    Directory,

    /// <summary>A link, a device, a pipe or a volume's label. A block holds none of these.</summary>
    Other,
}

/// <summary>An entry of a tar archive.</summary>
/// <param name="Name">The name in the archive. This program ends the name of a directory with a slash.</param>
/// <param name="SizeBytes">The size of the content, which only a file has.</param>
internal readonly record struct TarHeader(string Name, TarEntryKind Kind, long SizeBytes);

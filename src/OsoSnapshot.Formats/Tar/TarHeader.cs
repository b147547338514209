namespace OsoSnapshot.Formats.Tar;

internal enum TarEntryKind
{
    File,
    Directory,

    /// <summary>A link, a device, a pipe or a volume's label: nothing that a block is made of.</summary>
    Other,
}

/// <summary>One entry of a tar archive.</summary>
/// <param name="Name">As in the archive. This program ends a directory's name with a slash.</param>
/// <param name="SizeBytes">Of the content, which only a file has.</param>
internal readonly record struct TarHeader(string Name, TarEntryKind Kind, long SizeBytes);

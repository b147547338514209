namespace OsoSnapshot.Formats.Tar;

internal enum TarEntryKind
{
    File,
    Directory,

    /// <summary>A link, a device, a pipe or a volume's label: nothing that a block is made of.</summary>
    Other,
}

/// <summary>One entry of a tar archive.</summary>
/// <param name="Name">As it stands there; ours end with a slash where they are a directory's.</param>
/// <param name="SizeBytes">Of the content, which only a file has.</param>
internal readonly record struct TarHeader(string Name, TarEntryKind Kind, long SizeBytes);

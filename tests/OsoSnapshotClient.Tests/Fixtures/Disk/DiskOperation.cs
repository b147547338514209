namespace OsoSnapshotClient.Tests.Fixtures.Disk;

/// <summary>What a program did to a directory tree, in the order in which it did it.</summary>
/// <param name="Node">The file or directory that must be flushed before the operation survives a power cut.</param>
internal abstract record DiskOperation(int Node);

/// <summary>Names in a directory changed at once: a creation, a deletion or a renaming.</summary>
/// <param name="Names">The new file or directory of each name; null if the name is gone.</param>
internal sealed record NamesChanged(int Node, params (string Name, int? Target)[] Names) : DiskOperation(Node)
{
    public override string ToString() => $"{Node}: {string.Join(", ", Names)}";
}

/// <summary>Bytes of a file changed.</summary>
internal sealed record Written(int Node, long Offset, byte[] Bytes) : DiskOperation(Node)
{
    public override string ToString() => $"{Node}: {Bytes.Length} bytes at {Offset}";
}

/// <summary>All earlier operations on the file or directory survive.</summary>
internal sealed record Flushed(int Node) : DiskOperation(Node)
{
    public override string ToString() => $"{Node}: flush";
}

using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotCore.Archives;

/// <summary>Gets the entries of an archive in their order.</summary>
internal interface IEntryVisitor
{
    /// <summary>Gets an entry without content.</summary>
    /// <param name="entry">A directory, or what only <see cref="ArchiveReader.ReadAny"/> lets pass.</param>
    /// <param name="path">The path below the directory that holds the blocks; empty for that directory.</param>
    void Directory(TarHeader entry, string path);

    /// <inheritdoc cref="Directory" path="/param"/>
    void StartFile(TarHeader entry, string path);

    void Append(ReadOnlySpan<byte> bytes);

    void FinishFile();
}

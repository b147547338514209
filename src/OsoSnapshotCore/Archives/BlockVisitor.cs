using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Archives;

/// <summary>Judges the blocks of an archive, while a second visitor gets the same bytes.</summary>
/// <param name="audit">The judge. The caller finishes it after the last entry.</param>
/// <param name="next">The second visitor; null for none.</param>
internal sealed class BlockVisitor(BlockAudit audit, IEntryVisitor? next = null) : IEntryVisitor
{
    public void Directory(TarHeader entry, string path)
    {
        if (entry.Kind == TarEntryKind.Directory && BlockId.TryParse(path, out BlockId id))
        {
            audit.StartBlock(id);
        }

        next?.Directory(entry, path);
    }

    public void StartFile(TarHeader entry, string path)
    {
        audit.StartFile(path);
        next?.StartFile(entry, path);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        audit.Append(bytes);
        next?.Append(bytes);
    }

    public void FinishFile()
    {
        audit.FinishFile();
        next?.FinishFile();
    }
}

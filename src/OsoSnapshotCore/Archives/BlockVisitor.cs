using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Archives;

/// <summary>Judges the blocks of an archive, while a second visitor gets the same bytes.</summary>
/// <param name="audit">The judge. The caller finishes it after the last entry.</param>
/// <param name="next">The second visitor; null for none.</param>
/// <param name="onlySound">Whether the second visitor gets nothing more after the first damage.</param>
internal sealed class BlockVisitor(BlockAudit audit, IEntryVisitor? next = null, bool onlySound = false) : IEntryVisitor
{
    private IEntryVisitor? Next => onlySound && audit.ProblemCount > 0 ? null : next;

    public void Directory(TarHeader entry, string path)
    {
        if (entry.Kind == TarEntryKind.Directory && BlockId.TryParse(path, out BlockId id))
        {
            audit.StartBlock(id);
        }

        Next?.Directory(entry, path);
    }

    public void StartFile(TarHeader entry, string path)
    {
        audit.StartFile(path);
        Next?.StartFile(entry, path);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        audit.Append(bytes);
        Next?.Append(bytes);
    }

    public void FinishFile()
    {
        audit.FinishFile();
        Next?.FinishFile();
    }
}

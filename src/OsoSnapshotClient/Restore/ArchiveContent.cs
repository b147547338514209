using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Restore;

/// <summary>Reads and checks what an archive holds, while a second visitor gets the same bytes.</summary>
/// <param name="sink">Unpacks the entries.</param>
internal sealed class ArchiveContent(IEntryVisitor sink) : IEntryVisitor
{
    private readonly BlockAudit _audit = new();

    public IReadOnlyList<BlockReport> Blocks => _audit.Blocks;

    public IReadOnlyList<string> Problems => _audit.Problems;

    /// <inheritdoc cref="ArchiveWalk.Run" path="/exception"/>
    public static ArchiveContent Read(Stream packed, IEntryVisitor sink, CancellationToken token)
    {
        ArchiveContent content = new(sink);
        ArchiveWalk.Run(packed, content, token);
        content._audit.Finish();
        return content.Blocks.Count > 0 ? content : throw new ForeignArchiveException("no block");
    }

    public void Directory(string path)
    {
        if (BlockId.TryParse(path.TrimEnd('/'), out BlockId id))
        {
            _audit.StartBlock(id);
        }

        sink.Directory(path);
    }

    public void StartFile(string path, long sizeBytes)
    {
        _audit.StartFile(path);
        sink.StartFile(path, sizeBytes);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _audit.Append(bytes);
        sink.Append(bytes);
    }

    public void FinishFile()
    {
        _audit.FinishFile();
        sink.FinishFile();
    }
}

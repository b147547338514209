using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Restore;

/// <summary>Reads and checks what an archive holds, without writing anything.</summary>
internal sealed class ArchiveContent : IEntryVisitor
{
    private readonly BlockAudit _audit = new();

    public long Bytes { get; private set; }

    public IReadOnlyList<BlockReport> Blocks => _audit.Blocks;

    public IReadOnlyList<string> Problems => _audit.Problems;

    /// <inheritdoc cref="ArchiveWalk.Run" path="/exception"/>
    public static ArchiveContent Read(Stream packed, CancellationToken token)
    {
        ArchiveContent content = new();
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
    }

    public void StartFile(string path, long sizeBytes)
    {
        Bytes += sizeBytes;
        _audit.StartFile(path);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _audit.Append(bytes);

    public void FinishFile() => _audit.FinishFile();
}

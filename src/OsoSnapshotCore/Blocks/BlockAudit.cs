namespace OsoSnapshotCore.Blocks;

/// <summary>Judges every block of a snapshot, while its files pass in the order of their names.</summary>
/// <param name="finished">Called with each block after its last file.</param>
/// <param name="open">Opens a file of a block by its path there; null if files can be read only as they pass.</param>
internal sealed class BlockAudit(
    Action<BlockReport>? finished = null,
    Func<BlockId, string, FileStream>? open = null)
{
    /// <summary>Two years in blocks of two hours. Prometheus compacts them to some dozens of blocks.</summary>
    public const int MaxBlocks = 10_000;

    private readonly ProblemList _problems = new();
    private readonly List<BlockReport> _blocks = [];
    private readonly MetaCheck _metaCheck = new();
    private readonly ChunkLedger _chunks = new();
    private BlockJudge? _block;
    private bool _isInBlock;

    public BlockTally Tally { get; private set; } = new();

    /// <summary>The blocks that were read to their end, in the order of reading, up to the maximum.</summary>
    public IReadOnlyList<BlockReport> Blocks => _blocks;

    /// <summary>The number of blocks over the maximum.</summary>
    public long BlocksLeftOut { get; private set; }

    /// <summary>Each problem names the block and the file. The last line counts those that are not listed.</summary>
    public IReadOnlyList<string> Problems => _problems.From(0);

    public long ProblemCount => _problems.Count;

    /// <param name="path">A path relative to the snapshot's directory: <c>ULID/chunks/000001</c>.</param>
    public void StartFile(string path)
    {
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string block = slash < 0 ? string.Empty : path[..slash];
        _isInBlock = BlockId.TryParse(block, out BlockId id);
        if (_isInBlock)
        {
            StartBlock(id);
            _block!.StartFile(path[(slash + 1)..]);
        }
    }

    /// <summary>Starts a block, whose directory may be empty.</summary>
    public void StartBlock(BlockId id)
    {
        if (id != _block?.Id)
        {
            Finish();
            _chunks.Clear();
            _block = new(id, _chunks, _metaCheck, _problems, open is null ? null : path => open(id, path));
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_isInBlock)
        {
            _block!.Append(bytes);
        }
    }

    public void FinishFile()
    {
        if (_isInBlock)
        {
            _block!.FinishFile();
        }
    }

    /// <summary>Call this once after the last file.</summary>
    public void Finish()
    {
        if (_block?.Conclude() is not { } report)
        {
            return;
        }

        Tally = report.Meta is { } meta ? Tally.With(meta) : Tally;
        if (_blocks.Count < MaxBlocks)
        {
            _blocks.Add(report);
        }
        else
        {
            BlocksLeftOut++;
        }

        finished?.Invoke(report);
        _block = null;
    }
}

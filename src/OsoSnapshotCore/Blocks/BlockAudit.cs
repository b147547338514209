namespace OsoSnapshotCore.Blocks;

/// <summary>The result of checking one block.</summary>
/// <param name="meta">null if meta.json could not be read.</param>
/// <param name="sizeBytes">The sum of the sizes of its files.</param>
/// <param name="problems">Empty if the block is sound.</param>
internal sealed class AuditedBlock(BlockId id, BlockMeta? meta, long sizeBytes, IReadOnlyList<string> problems)
{
    public BlockId Id => id;

    public BlockMeta? Meta => meta;

    public long SizeBytes => sizeBytes;

    public IReadOnlyList<string> Problems => problems;
}

/// <summary>
/// Checks every block of a snapshot, while its files pass in the order of their names: each file by its format, and
/// that no file is missing. Damage is recorded, not thrown, because the other blocks are still worth restoring.
/// </summary>
internal sealed class BlockAudit(Action<AuditedBlock>? finished = null)
{
    /// <summary>Two years in blocks of two hours. Prometheus compacts them to some dozens of blocks.</summary>
    public const int MaxBlocks = 10_000;

    private readonly ProblemList _problems = new();
    private readonly List<AuditedBlock> _blocks = [];
    private readonly MetaCheck _metaCheck = new();
    private BlockId? _block;
    private string _file = string.Empty;
    private BlockFileCheck? _check;
    private BlockMeta? _meta;
    private bool _hasIndex;
    private ulong _segments;
    private long _problemsBefore;
    private long _bytes;

    public BlockTally Tally { get; private set; } = new();

    /// <summary>The blocks that were read to their end, in the order of reading, up to the maximum.</summary>
    public IReadOnlyList<AuditedBlock> Blocks => _blocks;

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
        if (!BlockId.TryParse(block, out BlockId id))
        {
            return;
        }

        StartBlock(id);
        _file = path[(slash + 1)..];
        _check = _file == BlockMeta.FileName ? _metaCheck.Restart() : BlockFileCheck.For(_file);
        CountSegment();
    }

    /// <summary>Starts a block, whose directory may be empty.</summary>
    public void StartBlock(BlockId id)
    {
        if (id != _block)
        {
            FinishBlock();
            (_block, _problemsBefore, _bytes) = (id, _problems.Count, 0);
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _bytes += bytes.Length;
        try
        {
            _check?.Append(bytes);
        }
        catch (InvalidDataException e)
        {
            Note(e);
        }
    }

    public void FinishFile()
    {
        try
        {
            _check?.Finish();
            _hasIndex |= _check is IndexCheck;
            _meta = (_check as MetaCheck)?.Meta ?? _meta;
        }
        catch (InvalidDataException e)
        {
            Note(e);
        }

        _check = null;
    }

    /// <summary>Call this once after the last file.</summary>
    public void Finish() => FinishBlock();

    // Segments are numbered from 1 without a gap: prometheus/tsdb/chunks/chunks.go, nextSequenceFile.
    private void CountSegment()
    {
        if (ChunkSegmentCheck.NumberOf(_file) is { } number)
        {
            NoteMissingSegments(Math.Max(number, 1) - 1);
            _segments = number;
        }
    }

    private void NoteMissingSegments(ulong expected)
    {
        if (_segments < expected)
        {
            _problems.Add($"block {_block} has no chunks/{_segments + 1:000000}");
        }
    }

    private void Note(InvalidDataException damage)
    {
        _problems.Add($"block {_block}, {_file}: {damage.Message}");
        _check = null;
    }

    private void FinishBlock()
    {
        if (_block is not { } id)
        {
            return;
        }

        if (!_hasIndex)
        {
            _problems.Add($"block {_block} has no sound index");
        }

        if (_meta is null)
        {
            _problems.Add($"block {_block} has no sound meta.json");
        }
        else
        {
            Tally = Tally.With(_meta);
            NoteMissingSegments(_meta.Stats.NumChunks > 0 ? 1UL : 0);
            if (_meta.Ulid != id.Text)
            {
                _problems.Add($"block {_block}: its meta.json belongs to {_meta.Ulid}");
            }
        }

        AuditedBlock block = new(id, _meta, _bytes, _problems.From(_problemsBefore));
        if (_blocks.Count < MaxBlocks)
        {
            _blocks.Add(block);
        }
        else
        {
            BlocksLeftOut++;
        }

        finished?.Invoke(block);
        (_block, _meta, _hasIndex, _segments) = (null, null, false, 0);
    }
}

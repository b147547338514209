namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Judges one block: each file by its format, that none is missing, and that index, chunks and meta.json belong
/// together. Damage is recorded, not thrown, because the other blocks are still worth restoring.
/// </summary>
/// <param name="chunks">Empty; gets the block's chunks.</param>
/// <param name="problems">Gets the damage.</param>
/// <param name="open">Opens a file of the block by its path there; null if files can be read only as they pass.</param>
internal sealed class BlockJudge(
    BlockId id,
    ChunkLedger chunks,
    MetaCheck metaCheck,
    ProblemList problems,
    Func<string, FileStream>? open)
{
    private readonly long _problemsBefore = problems.Count;
    private string _file = string.Empty;
    private BlockFileCheck? _check;
    private BlockMeta? _meta;
    private IndexCheck? _index;
    private bool _areSegmentsSound = true;
    private long _bytes;

    public BlockId Id => id;

    /// <param name="pathInBlock">A path such as <c>chunks/000001</c>.</param>
    public void StartFile(string pathInBlock)
    {
        _file = pathInBlock;
        Try(() => _check = _file == BlockMeta.FileName ? metaCheck.Restart() : BlockFileCheck.For(_file, chunks));
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
        Try(() =>
        {
            _check?.Finish();
            _index = _check as IndexCheck ?? _index;
            _meta = (_check as MetaCheck)?.Meta ?? _meta;
        });
        _check = null;
    }

    /// <summary>Call this once after the last file.</summary>
    public BlockReport Conclude()
    {
        List<string> notes = [];
        if (_index is null)
        {
            problems.Add($"block {id} has no sound index");
        }

        if (_meta is null)
        {
            problems.Add($"block {id} has no sound meta.json");
        }
        else if (_meta.Ulid != id.Text)
        {
            problems.Add($"block {id}: its meta.json belongs to {_meta.Ulid}");
        }

        if (_index is { References: ReferenceLedger references } && _areSegmentsSound)
        {
            BlockComparison comparison = new(references, chunks);
            if (comparison.Problem(_meta, open) is { } problem)
            {
                problems.Add($"block {id}{problem}");
            }

            notes.AddRange(comparison.Notes(_index.Figures, _meta));
        }

        return new()
        {
            Id = id, Meta = _meta, SizeBytes = _bytes, Problems = problems.From(_problemsBefore), Notes = notes,
            HasUnknownEncoding = chunks.Samples is null,
        };
    }

    private void Try(Action check)
    {
        try
        {
            check();
        }
        catch (InvalidDataException e)
        {
            Note(e);
        }
    }

    private void Note(InvalidDataException damage)
    {
        problems.Add($"block {id}, {_file}: {damage.Message}");
        _areSegmentsSound &= ChunkSegmentCheck.NumberOf(_file) is null;
        _check = null;
    }
}

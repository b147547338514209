using System.Buffers.Binary;
using OsoSnapshotCore.Blocks.Index;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks all that Prometheus reads of a block's <c>index</c>, in one pass from start to end. The table of contents
/// comes last, so the sections are told apart by their shape, and the table then confirms it. Source:
/// prometheus/tsdb/docs/format/index.md, and tsdb/index/index.go where that is silent.
/// </summary>
internal sealed class IndexCheck : FramedFileCheck
{
    public const string FileName = "index";

    private const int HeaderLength = 5;

    // The table has six references of 8 bytes and a CRC-32C.
    private const int TocLength = 52;

    // Prometheus reads these two of the six.
    private const int SymbolsEntry = 0;
    private const int PostingsTableEntry = 40;

    private readonly IndexWindow _window = new(HeaderLength);
    private IndexSection? _section;

    public IndexCheck(IChunkReferences references)
        : base(FileName, magic: 0xBAAAD700, versions: [1, 2, 3], HeaderLength, TocLength) => References = references;

    public IChunkReferences References { get; }

    public IndexFigures Figures { get; } = new();

    public override void Finish()
    {
        base.Finish();
        Compare(Crc32C.Of(Tail[..^4]), Tail[^4..], "its table of contents");
        _window.IsLast = true;
        Run();
        if (_section is not IndexEnd)
        {
            throw new InvalidDataException($"index ends within {_section!.Name}");
        }

        if (Entry(SymbolsEntry) != Figures.SymbolTable || Entry(PostingsTableEntry) != Figures.PostingsTable)
        {
            throw new InvalidDataException("index: its table of contents leads elsewhere");
        }
    }

    protected override void Body(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_window.Fill(bytes)..];
            Run();
        }
    }

    private void Run()
    {
        if (_section is null)
        {
            Figures.Version = Version;
            _section = new SymbolSection(Figures, References);
        }

        try
        {
            for (IndexSection? before = null; before != _section;)
            {
                before = _section;
                _section = before.Take(_window);
            }
        }
        catch (InvalidDataException e) when (Figures.Suspicion is { } suspicion)
        {
            throw new InvalidDataException($"index: {suspicion}", e);
        }
    }

    private long Entry(int offset) => BinaryPrimitives.ReadInt64BigEndian(Tail[offset..]);
}

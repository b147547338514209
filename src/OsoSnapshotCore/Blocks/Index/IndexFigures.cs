namespace OsoSnapshotCore.Blocks.Index;

/// <summary>What the sections of an index say, for the sections after them.</summary>
internal sealed class IndexFigures
{
    /// <summary>From version 2 on, a series starts at a multiple of this, and is named by its number.</summary>
    private const int SeriesAlignment = 16;

    public int Version { get; set; }

    public long SymbolTable { get; set; }

    /// <summary>The numbers that name a symbol: its ordinal, in version 1 its position in the file.</summary>
    public (ulong First, ulong End) Symbols { get; set; }

    /// <summary>The positions of the series.</summary>
    public SequenceHash Series;

    public long FirstSeries { get; set; }

    public long LastSeries { get; set; }

    /// <summary>The positions of the postings lists.</summary>
    public SequenceHash Lists;

    /// <summary>The position of the list of all series, which is the first list.</summary>
    public long AllSeriesList { get; set; }

    public long PostingsTable { get; set; }

    /// <summary>What is wrong where Prometheus never looks.</summary>
    public HashSet<string> Notes { get; } = [];

    /// <summary>
    /// What seemed wrong before the list of all series was searched for; null if nothing did. It explains later damage.
    /// </summary>
    public string? Suspicion { get; set; }

    /// <summary>The distance between two possible starts of a series, by which a reference is multiplied.</summary>
    public int SeriesStep => Version == 1 ? 1 : SeriesAlignment;
}

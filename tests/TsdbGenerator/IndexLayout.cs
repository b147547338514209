namespace TsdbGenerator;

/// <summary>Says how the index of a block is laid out. Prometheus writes version 2 and reads 1 and 2, since 3.0 also 3.</summary>
public sealed record IndexLayout
{
    /// <summary>
    /// In version 1, references to symbols and series are places in the file. In versions 2 and 3, a symbol is
    /// referred to by its number, and a series by its place divided by 16.
    /// </summary>
    public int Version { get; init; } = 2;

    /// <summary>Since prometheus#16968, label indices are no longer written.</summary>
    public bool HasLabelIndices { get; init; } = true;

    /// <summary>The number of zero bytes before each section, series and postings list.</summary>
    public int PaddingBytes { get; init; }
}

namespace OsoSnapshot.Formats.Tsdb;

/// <summary>Checks one file of a block as it streams by, with memory that does not grow with the file.</summary>
internal abstract class BlockFileCheck
{
    /// <param name="pathInBlock">Such as <c>index</c> or <c>chunks/000001</c>.</param>
    /// <returns>null for a file that the format doesn't know.</returns>
    public static BlockFileCheck? For(string pathInBlock) => pathInBlock switch
    {
        BlockMeta.FileName => new MetaCheck(),
        "index" => new IndexCheck(),
        "tombstones" => new TombstonesCheck(),
        _ when ChunkSegmentCheck.NumberOf(pathInBlock) is not null => new ChunkSegmentCheck(),
        _ => null,
    };

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <exception cref="InvalidDataException">The file is damaged or ends too early.</exception>
    public abstract void Finish();
}

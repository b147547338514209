namespace OsoSnapshotCore.Blocks;

/// <summary>Checks one file of a block while its bytes pass. The memory does not grow with the file.</summary>
internal abstract class BlockFileCheck
{
    /// <param name="pathInBlock">A path such as <c>index</c> or <c>chunks/000001</c>.</param>
    /// <param name="chunks">Gets the chunks of a segment. An index is compared with them.</param>
    /// <returns>null if the format has no such file.</returns>
    /// <exception cref="InvalidDataException">The block has too many segments.</exception>
    public static BlockFileCheck? For(string pathInBlock, ChunkLedger chunks) => pathInBlock switch
    {
        BlockMeta.FileName => new MetaCheck(),
        IndexCheck.FileName => new IndexCheck(new ReferenceLedger(chunks)),
        TombstonesCheck.FileName => new TombstonesCheck(),
        _ when ChunkSegmentCheck.NumberOf(pathInBlock) is not null =>
            new ChunkSegmentCheck(chunks, chunks.Start(pathInBlock[ChunkSegmentCheck.Directory.Length..])),
        _ => null,
    };

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <exception cref="InvalidDataException">The file is damaged or ends too early.</exception>
    public abstract void Finish();
}

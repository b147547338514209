namespace OsoSnapshotClient.Copy;

/// <summary>Takes the archive's bytes.</summary>
internal interface ICopyTarget : IDisposable
{
    /// <summary>Whether several ranges may arrive at a time. Otherwise each byte follows the one before it.</summary>
    bool TakesRanges { get; }

    long DoneBytes { get; }

    /// <summary>The ranges that have not arrived, in pieces of at most <paramref name="maxBytes"/>.</summary>
    IReadOnlyList<ByteRange> Missing(long size, long maxBytes);

    /// <exception cref="OsoSnapshotCore.OperatorException">The bytes can't be written.</exception>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads the bytes in their order as they arrive, those of earlier runs first.</summary>
    Stream Follow();

    /// <summary>Ends the stream of <see cref="Follow"/>.</summary>
    void Complete();

    /// <summary>Saves what a later run needs to continue; called about once a second.</summary>
    void Save();
}

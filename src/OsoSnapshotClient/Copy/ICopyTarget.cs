namespace OsoSnapshotClient.Copy;

/// <summary>What the archive's bytes are written to.</summary>
internal interface ICopyTarget : IDisposable
{
    /// <summary>Several ranges may come at a time; else each byte comes after the one before it.</summary>
    bool TakesRanges { get; }

    long DoneBytes { get; }

    /// <summary>What has not come yet, in pieces.</summary>
    IReadOnlyList<ByteRange> Missing(long size, long maxBytes);

    /// <exception cref="OsoSnapshot.Formats.OperatorException">It can't be written.</exception>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>The bytes in their order, those of earlier runs first, as soon as they arrive.</summary>
    Stream Follow();

    /// <summary>Nothing more comes.</summary>
    void Complete();

    /// <summary>Keeps what a later run needs to continue; called now and then.</summary>
    void Save();
}

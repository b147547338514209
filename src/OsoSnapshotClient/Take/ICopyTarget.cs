namespace OsoSnapshotClient.Take;

/// <summary>Takes the bytes of an archive in their order.</summary>
internal interface ICopyTarget : IDisposable
{
    long DoneBytes { get; }

    /// <exception cref="OsoSnapshotCore.OperatorException">The bytes can't be written.</exception>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Reads the bytes as they arrive, those of earlier runs first; one reader at a time.</summary>
    Stream Follow();

    /// <summary>Ends the stream of <see cref="Follow"/>.</summary>
    void Complete();
}

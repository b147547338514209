namespace OsoSnapshotClient.Copy;

/// <summary>How bytes are fetched.</summary>
internal sealed record CopyOptions
{
    /// <summary>The maximum number of bytes to request at a time.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>How many ranges are fetched at a time.</summary>
    public required int Streams { get; init; }

    /// <summary>The interval in which one connection must be fast enough; zero to start with several.</summary>
    public TimeSpan Trial { get; init; }

    /// <summary>A connection that brings nothing for this long is dead.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>The pause after the first attempt that brought nothing; it doubles after each further one.</summary>
    public required TimeSpan Pause { get; init; }
}

namespace OsoSnapshotClient.Copy;

/// <summary>How bytes are fetched.</summary>
internal sealed record CopyOptions
{
    /// <summary>Asked for at a time at most.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>Ranges at a time.</summary>
    public required int Streams { get; init; }

    /// <summary>For so long one connection alone shows whether it is fast; zero to begin with several.</summary>
    public TimeSpan Trial { get; init; }

    /// <summary>A connection that brings nothing for so long is dead: a dead one says nothing.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>After the first attempt that brought nothing; doubled after each further one.</summary>
    public required TimeSpan Pause { get; init; }
}

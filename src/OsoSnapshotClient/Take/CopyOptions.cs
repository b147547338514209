namespace OsoSnapshotClient.Take;

/// <summary>How bytes are fetched.</summary>
internal sealed record CopyOptions
{
    /// <summary>How many blocks are fetched at a time.</summary>
    public required int Streams { get; init; }

    /// <summary>A connection that brings nothing for this long is dead.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>The pause after the first attempt that brought nothing; it doubles after each further one.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>The maximum time that the agent waits for the copy, in the form of OSO_SNAPSHOT_HOLD.</summary>
    public required string Hold { get; init; }

    /// <summary>Whether the agent sends blocks to the bucket itself.</summary>
    public DirectUse Direct { get; init; }
}

/// <summary>Whether the agent sends blocks to the bucket itself.</summary>
internal enum DirectUse
{
    No,

    /// <summary>Where it can't, the blocks go through this machine.</summary>
    Preferred,

    /// <summary>Where it can't, the run fails.</summary>
    Only,
}

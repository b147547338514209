namespace OsoSnapshotCore.Protocol;

/// <summary>
/// A line that the run answers: first its plan, then each block that is in place. While it fetches a block itself, one
/// comes every second, so that each end sees a broken connection.
/// </summary>
internal sealed record RestoreEvent
{
    /// <summary>What happens to each block that was offered, the oldest first.</summary>
    public IReadOnlyList<PlannedBlock>? Plan { get; init; }

    /// <summary>The ULID of a block that has its name now.</summary>
    public string? Back { get; init; }

    /// <summary>How many bytes of a block's archive the run has fetched so far; null in all other lines.</summary>
    public long? FetchedBytes { get; init; }

    /// <summary>
    /// Why the run can't fetch the rest of the archive. It waits for another line of the block, which has a new address
    /// or is followed by frames.
    /// </summary>
    public string? Unreached { get; init; }

    /// <summary>Why there is no run to receive blocks.</summary>
    public string? Problem { get; init; }
}

/// <summary>What happens to a block.</summary>
internal sealed record PlannedBlock
{
    public required string Ulid { get; init; }

    /// <summary>One of <see cref="BlockFates"/>.</summary>
    public required string Fate { get; init; }

    /// <summary>What the operator is told of it, in words that follow the block's name; null if nothing.</summary>
    public string? Note { get; init; }

    public bool IsToSend => Fate == BlockFates.Send;
}

/// <summary>What may happen to a block that is offered.</summary>
internal static class BlockFates
{
    /// <summary>The client sends it.</summary>
    public const string Send = "send";

    /// <summary>The server has it, or a block that was made of it.</summary>
    public const string There = "there";

    /// <summary>It is left out, since the server's retention would delete it.</summary>
    public const string Expired = "expired";

    /// <summary>It is left out, since it reaches into the server's head.</summary>
    public const string Overlap = "overlap";

    public static bool IsKnown(string? fate) => fate is Send or There or Expired or Overlap;
}

namespace OsoSnapshotCore.Protocol;

/// <summary>How a run ended.</summary>
internal sealed record RunEnd
{
    public required int ExitStatus { get; init; }

    /// <summary>What was made, or why not, on one line.</summary>
    public required string Message { get; init; }

    /// <summary>What to do; null after a success.</summary>
    public string? Remedy { get; init; }

    /// <summary>
    /// The client that released or cancelled the run if it is not the client that started it; otherwise null.
    /// </summary>
    public string? EndedBy { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>
    /// Prometheus' identity as UID:GID, if the run failed because the agent has another one; otherwise null.
    /// </summary>
    public string? NeededIdentity { get; init; }
}

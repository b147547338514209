namespace OsoSnapshotCore.Protocol;

/// <summary>
/// One line of <c>oso-snapshot follow</c>, as JSON. At least one comes every ten seconds, so that a reader sees a
/// broken connection.
/// </summary>
internal sealed record RunEvent
{
    /// <summary>
    /// The number of log lines up to and including this one: <c>follow --from</c> continues after it.
    /// </summary>
    public long Position { get; init; }

    /// <summary>A line of the log; null in an event without one.</summary>
    public string? Line { get; init; }

    /// <summary>How far the run is; null in an event of a log line. After the end it is the last event.</summary>
    public RunStatus? Run { get; init; }
}

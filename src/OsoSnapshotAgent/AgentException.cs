namespace OsoSnapshotAgent;

/// <summary>
/// A failure that an operator can do something about: what went wrong where, and the remedy. Every other exception is
/// a bug and ends with <see cref="ExitStatus.Bug"/>.
/// </summary>
internal sealed class AgentException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : Exception(problem, inner)
{
    public ExitStatus Status { get; } = status;

    /// <summary>The problem without a server's own words, for the termination message.</summary>
    public string Brief { get; init; } = problem;

    /// <summary>True where Prometheus may have carried out the request all the same: no answer, or not its own.</summary>
    public bool LeavesDoubt { get; init; }

    /// <summary>What to do about it, as a sentence or several lines.</summary>
    public string Remedy { get; } = remedy;
}

namespace OsoSnapshotCore;

/// <summary>
/// A failure that an operator can solve, with its remedy. Any other exception is a bug and ends with <see
/// cref="ExitStatus.Bug"/>.
/// </summary>
/// <param name="status">The exit status of the process.</param>
/// <param name="problem">What happened, where and why, in a sentence or several lines.</param>
/// <param name="remedy">What to do, in a sentence or several lines.</param>
/// <param name="inner">The cause; null if there is none.</param>
public class OperatorException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : Exception(problem, inner)
{
    /// <summary>The exit status of the process.</summary>
    public ExitStatus Status { get; } = status;

    /// <summary>The problem without a server's own words, for the termination message.</summary>
    public string Brief { get; init; } = problem;

    /// <summary>
    /// Prometheus' identity as UID:GID, if the agent has another one and therefore can't reach its files.
    /// </summary>
    public string? NeededIdentity { get; init; }

    /// <summary>What the operator can do.</summary>
    public string Remedy { get; } = remedy;
}

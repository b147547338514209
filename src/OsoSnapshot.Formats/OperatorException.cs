namespace OsoSnapshot.Formats;

/// <summary>
/// A failure that an operator can do something about: what went wrong where, and the remedy. Every other exception is a
/// bug and ends with <see cref="ExitStatus.Bug"/>.
/// </summary>
/// <param name="status">What the process ends with.</param>
/// <param name="problem">What happened, where and why, as a sentence or several lines.</param>
/// <param name="remedy">What to do about it, as a sentence or several lines.</param>
/// <param name="inner">The cause; null where there is none.</param>
public class OperatorException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : Exception(problem, inner)
{
    /// <summary>What the process ends with.</summary>
    public ExitStatus Status { get; } = status;

    /// <summary>The problem without a server's own words, for the termination message.</summary>
    public string Brief { get; init; } = problem;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}

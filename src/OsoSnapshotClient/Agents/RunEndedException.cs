using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>The run has ended, or could never begin: no later command can continue it.</summary>
internal sealed class RunEndedException : OperatorException
{
    /// <summary>The remedy after the container has ended.</summary>
    private const string Again = "once Prometheus is ready, run the same command again: it starts over. A complete"
        + " archive that is still on the volume is copied with take --reuse";

    public RunEndedException(ExitStatus status, string problem, string remedy)
        : base(status, problem, remedy)
    {
    }

    /// <param name="cause">A sentence about Prometheus' container, if that ended; otherwise empty.</param>
    public RunEndedException(RunEnd end, string cause)
        : base(StatusOf(end), Describe(end) + cause, RemedyFor(end, cause)) => End = end;

    /// <summary>How it ended; null if it could never begin.</summary>
    public RunEnd? End { get; }

    private static ExitStatus StatusOf(RunEnd end) => end switch
    {
        { EndedBy: not null } => ExitStatus.EndedByAnother,
        { ExitStatus: > 0 and <= byte.MaxValue } => (ExitStatus)end.ExitStatus,
        _ => ClientStatus.Failed,
    };

    private static string Describe(RunEnd end) => end.EndedBy is { } other
        ? $"{Printable.Short(other)} ended the run at {UtcTime.Format(end.At)}: {end.Message}"
        : $"The agent ended with status {end.ExitStatus}: {end.Message}";

    private static string RemedyFor(RunEnd end, string cause) => end switch
    {
        { EndedBy: not null } => "run the same command again to start a new run",
        _ when cause.Length > 0 => Again,
        _ => end.Remedy ?? string.Empty,
    };
}

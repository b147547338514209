using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>What a failed request shows about its address.</summary>
internal enum RefusalKind
{
    /// <summary>A server answered, and refused the request.</summary>
    Answered,

    /// <summary>A server answered, and has no Prometheus API at this path.</summary>
    WrongPath,

    /// <summary>No server answered. The other paths of the same host need no trial.</summary>
    NoAnswer,
}

/// <summary>A request to Prometheus that failed.</summary>
internal sealed class RefusalException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : OperatorException(status, problem, remedy, inner)
{
    public RefusalKind Kind { get; init; }

    /// <summary>
    /// True if Prometheus may have carried out the request: no answer came, or the answer was not Prometheus' own.
    /// </summary>
    public bool LeavesDoubt { get; init; }
}

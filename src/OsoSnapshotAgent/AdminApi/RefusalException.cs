using OsoSnapshot.Formats;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>What a failed request shows about its address.</summary>
internal enum RefusalKind
{
    /// <summary>Something answers there, and this was its answer.</summary>
    Answered,

    /// <summary>Something answers there, but has no Prometheus API under this path.</summary>
    WrongPath,

    /// <summary>Nothing answers there, so another path of the same host would not answer either.</summary>
    NoAnswer,
}

/// <summary>A request to Prometheus that failed.</summary>
internal sealed class RefusalException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : OperatorException(status, problem, remedy, inner)
{
    public RefusalKind Kind { get; init; }

    /// <summary>
    /// True if Prometheus may have carried out the request: there is no answer, or it is not Prometheus' own.
    /// </summary>
    public bool LeavesDoubt { get; init; }
}

using OsoSnapshot.Formats;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>What a failed request tells of the address that it went to.</summary>
internal enum RefusalKind
{
    /// <summary>Something answers there, and this was its answer.</summary>
    Answered,

    /// <summary>Something answers there, but has no Prometheus API under this path.</summary>
    WrongPath,

    /// <summary>Nothing answers there: another path of the same host would only take as long again.</summary>
    NoAnswer,
}

/// <summary>A request to Prometheus that failed.</summary>
internal sealed class RefusalException(ExitStatus status, string problem, string remedy, Exception? inner = null)
    : OperatorException(status, problem, remedy, inner)
{
    public RefusalKind Kind { get; init; }

    /// <summary>
    /// True where Prometheus may have carried out the request all the same: no answer, or not its own.
    /// </summary>
    public bool LeavesDoubt { get; init; }
}

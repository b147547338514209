
namespace OsoSnapshotClient.Cluster;

/// <summary>The cluster refused a request, or could not be reached.</summary>
/// <param name="code">The HTTP status; 0 if no answer came.</param>
/// <param name="reason">The <c>reason</c> of the API's Status object, such as <c>Forbidden</c>; empty if none came.
/// </param>
internal sealed class ClusterException(int code, string reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public int Code => code;

    public string Reason => reason;

    /// <summary>The <c>details.causes</c> of the Status object.</summary>
    public IReadOnlyList<ClusterCause> Causes { get; init; } = [];

    /// <summary>The <c>details.kind</c> of the Status object, such as <c>pods</c>; empty if none came.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>The right that is missing; null if a right is not the cause.</summary>
    public AccessRight? MissingRight { get; init; }

    /// <summary>What this kubectl is, if it can't do what is needed; otherwise null.</summary>
    public string? UnfitKubectl { get; init; }

    /// <summary>Whether kubectl answered itself: it did not reach the API server, or could not log in.</summary>
    public bool IsKubectls => Code >= 500 && Reason.Length == 0;

    /// <summary>Whether a container was asked for, which a policy may refuse.</summary>
    public bool IsForContainer { get; init; }

    public ClusterException WithMissing(AccessRight right) => With(right, isForContainer: false);

    public ClusterException ForContainer() => With(null, isForContainer: true);

    private ClusterException With(AccessRight? missing, bool isForContainer) =>
        new(Code, Reason, Message, InnerException)
        {
            Causes = Causes,
            Kind = Kind,
            UnfitKubectl = UnfitKubectl,
            MissingRight = missing,
            IsForContainer = isForContainer,
        };
}

/// <summary>One of the causes of a refusal (Kubernetes API, StatusCause).</summary>
internal sealed record ClusterCause(string Reason, string Field, string Message);

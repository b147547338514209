namespace OsoSnapshotClient.Cluster;

/// <summary>The cluster refused a request, or could not be reached.</summary>
/// <param name="code">The HTTP status; 0 if no answer came.</param>
/// <param name="reason">The <c>reason</c> of the API's Status object, such as <c>Forbidden</c>; empty if none came.</param>
internal sealed class ClusterException(int code, string reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public int Code => code;

    public string Reason => reason;

    /// <summary>The <c>details.causes</c> of the Status object.</summary>
    public IReadOnlyList<ClusterCause> Causes { get; init; } = [];
}

/// <summary>One of the causes of a refusal (Kubernetes API, StatusCause).</summary>
internal sealed record ClusterCause(string Reason, string Field, string Message);

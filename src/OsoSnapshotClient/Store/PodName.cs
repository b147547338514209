using System.Buffers;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Whose backup it is: a pod and its namespace as <c>NAMESPACE.POD</c>, and the cluster. A namespace contains no dot,
/// so a name with one is never a cluster's.
/// </summary>
internal sealed record PodName
{
    // Kubernetes: a namespace is a DNS label, a pod's name a DNS subdomain (RFC 1123).
    private const int MaxNamespaceLetters = 63;
    private const int MaxPodLetters = 253;
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private PodName(string? cluster, string pod) => (Cluster, Pod) = (cluster, pod);

    /// <summary>null for the lists of format 1, and where the cluster's name may not be read.</summary>
    public string? Cluster { get; }

    /// <summary>NAMESPACE.POD.</summary>
    public string Pod { get; }

    /// <summary>NAMESPACE.POD or CLUSTER/NAMESPACE.POD.</summary>
    public string Text => Cluster is null ? Pod : $"{Cluster}/{Pod}";

    /// <summary>The same pod in lists of format 1.</summary>
    public PodName OfUnnamedCluster => new(null, Pod);

    /// <summary>The folder of the pod's lists.</summary>
    public string Folder => $"{BackupLayout.Snapshots}/{Text}";

    /// <summary>Parses a name. There is no other way to get one, so no unchecked text becomes part of a path.</summary>
    /// <param name="text">NAMESPACE.POD or CLUSTER/NAMESPACE.POD.</param>
    /// <returns>null if the text is no such name.</returns>
    public static PodName? TryParse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        (string? cluster, string pod) = slash < 0 ? (null, text) : (text[..slash], text[(slash + 1)..]);
        int dot = pod.IndexOf('.', StringComparison.Ordinal);
        return (cluster is null || ClusterName.IsValid(cluster))
            && dot > 0 && IsName(pod[..dot], MaxNamespaceLetters) && IsName(pod[(dot + 1)..], MaxPodLetters)
            ? new(cluster, pod)
            : null;
    }

    /// <summary>Whether an operator means it, with or without its cluster.</summary>
    public bool IsNamed(string text) => Text == text || Pod == text;

    public override string ToString() => Text;

    private static bool IsName(string name, int maxLetters) =>
        name.Length > 0 && name.Length <= maxLetters && !name.AsSpan().ContainsAnyExcept(Letters)
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && !name.Contains("..", StringComparison.Ordinal);
}

/// <summary>The name of a cluster in a backup: an operator's word, or the UID of its namespace kube-system.</summary>
internal static class ClusterName
{
    public const string Rule = "letters, digits, - and _, 63 at most";

    private const int MaxLetters = 63;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLetters && char.IsAsciiLetterOrDigit(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}

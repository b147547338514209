using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>Checks a pod of an answer before it is used: its names become paths, words and requests.</summary>
internal static class PodCheck
{
    // etcd's limit of 1.5 MiB leaves a pod room for fewer containers.
    private const int MaxContainers = 10_000;

    /// <param name="expected">The pod's name; null if it was not asked for by name.</param>
    /// <returns>The pod, whose names are sound.</returns>
    /// <exception cref="ClusterException">It is no pod, or another one.</exception>
    public static V1Pod Require(V1Pod? pod, string? expected)
    {
        string name = pod?.Metadata.Name ?? string.Empty;
        Refuse(!KubeName.IsPod(name) || (expected is not null && name != expected), name);
        string? where = pod!.Metadata.Namespace;
        Refuse(where is not null && !KubeName.IsLabel(where), where);
        RequireLabels(pod.Spec.Containers, container => container?.Name);
        RequireLabels(pod.Spec.EphemeralContainers, container => container?.Name);
        RequireLabels(pod.Status.ContainerStatuses, status => status?.Name);
        RequireLabels(pod.Status.EphemeralContainerStatuses, status => status?.Name);
        return pod;
    }

    private static void RequireLabels<T>(IReadOnlyList<T?> entries, Func<T?, string?> nameOf)
        where T : class
    {
        Refuse(entries.Count > MaxContainers, "too many containers");
        foreach (T? entry in entries)
        {
            Refuse(!KubeName.IsLabel(nameOf(entry)), nameOf(entry));
        }
    }

    private static void Refuse(bool isWrong, string? what)
    {
        if (isWrong)
        {
            throw new ClusterException(
                0, "Unreadable", $"the answer is no such pod: '{Printable.Short(what ?? string.Empty)}'");
        }
    }
}

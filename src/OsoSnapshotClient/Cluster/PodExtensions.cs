namespace OsoSnapshotClient.Cluster;

/// <summary>What the client asks a pod that <see cref="KubernetesCluster"/> has read.</summary>
internal static class PodExtensions
{
    /// <summary>The start of the names of the client's containers.</summary>
    public const string AgentPrefix = "oso-snapshot-";

    /// <summary>The start of the names of containers that stay between runs.</summary>
    public const string ResidentPrefix = AgentPrefix + "resident-";

    /// <summary>The names of the agent's containers: the client's by name, the runbook's by image.</summary>
    public static IEnumerable<string> AgentContainers(this V1Pod pod) =>
        from container in pod.Spec.EphemeralContainers
        where container.Name.StartsWith(AgentPrefix, StringComparison.Ordinal)
            || container.Image?.Contains("oso_snapshot", StringComparison.Ordinal) == true
        select container.Name;

    /// <summary>The names of the running containers that stay between runs.</summary>
    /// <param name="image">Only containers of this image; null for any.</param>
    /// <param name="target">Only containers beside this one; null for any.</param>
    public static IEnumerable<string> ResidentContainers(this V1Pod pod, string? image = null, string? target = null) =>
        from container in pod.Spec.EphemeralContainers
        where IsResident(container.Name)
            && (image is null || container.Image == image)
            && (target is null || container.TargetContainerName == target)
            && pod.StateOf(container.Name).Phase == ContainerPhase.Running
        select container.Name;

    public static bool IsResident(string container) => container.StartsWith(ResidentPrefix, StringComparison.Ordinal);

    public static bool HasEphemeralContainer(this V1Pod pod, string name) =>
        pod.Spec.EphemeralContainers.Any(one => one.Name == name);

    /// <summary>The state of an ephemeral container, as the kubelet reports it.</summary>
    public static ContainerState StateOf(this V1Pod pod, string container) =>
        StateIn(pod.Status.EphemeralContainerStatuses, container);

    /// <summary>The state of one of the pod's own containers.</summary>
    public static ContainerState StateOfOwn(this V1Pod pod, string container) =>
        StateIn(pod.Status.ContainerStatuses, container);

    private static ContainerState StateIn(IReadOnlyList<V1ContainerStatus> statuses, string container) =>
        ContainerState.Of(statuses.FirstOrDefault(status => status.Name == container)?.State);
}

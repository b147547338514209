using System.Text.Json.Nodes;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// A pod, with the API's own names and only what the client reads (Kubernetes API, core/v1). The library's types would
/// bring the serializers of all the others along.
/// </summary>
internal sealed class V1Pod
{
    public V1ObjectMeta Metadata { get; set => field = value ?? new(); } = new();

    public V1PodSpec Spec { get; set => field = value ?? new(); } = new();

    public V1PodStatus Status { get; set => field = value ?? new(); } = new();
}

internal sealed class V1ObjectMeta
{
    /// <summary>Not empty after <see cref="PodCheck"/>, as all names here.</summary>
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    public string? Namespace { get; set; }

    public string? Uid { get; set; }

    public IReadOnlyDictionary<string, string>? Labels { get; set; }
}

internal sealed class V1PodSpec
{
    public IReadOnlyList<V1Container> Containers { get; set => field = value ?? []; } = [];

    public IReadOnlyList<V1EphemeralContainer> EphemeralContainers { get; set => field = value ?? []; } = [];

    public V1SecurityContext? SecurityContext { get; set; }

    public IReadOnlyList<V1LocalObjectReference?>? ImagePullSecrets { get; set; }

    /// <summary>The labels of a node that runs the pod. It is only copied, as the API has written it.</summary>
    public JsonNode? NodeSelector { get; set; }

    /// <inheritdoc cref="NodeSelector"/>
    public JsonNode? Tolerations { get; set; }
}

internal sealed class V1LocalObjectReference
{
    public string? Name { get; set; }
}

internal sealed class V1Container
{
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    public string? Image { get; set; }

    public string? ImagePullPolicy { get; set; }

    public IReadOnlyList<string?>? Command { get; set; }

    public IReadOnlyList<string?>? Args { get; set; }

    public IReadOnlyList<V1ContainerPort?>? Ports { get; set; }

    public V1SecurityContext? SecurityContext { get; set; }
}

internal sealed class V1ContainerPort
{
    public int ContainerPort { get; set; }

    public string? Name { get; set; }
}

internal sealed class V1EphemeralContainer
{
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    public string? Image { get; set; }

    public string? TargetContainerName { get; set; }

    public V1SecurityContext? SecurityContext { get; set; }
}

/// <summary>That of a container, or of a pod.</summary>
internal sealed class V1SecurityContext
{
    public long? RunAsUser { get; set; }

    public long? RunAsGroup { get; set; }

    /// <summary>Only of a pod.</summary>
    public long? FsGroup { get; set; }
}

internal sealed class V1PodStatus
{
    public string? Phase { get; set; }

    /// <summary>Why the whole pod failed, such as an eviction.</summary>
    public string? Reason { get; set; }

    /// <inheritdoc cref="Reason"/>
    public string? Message { get; set; }

    public IReadOnlyList<V1PodCondition?>? Conditions { get; set; }

    public IReadOnlyList<V1ContainerStatus> ContainerStatuses { get; set => field = value ?? []; } = [];

    public IReadOnlyList<V1ContainerStatus> EphemeralContainerStatuses { get; set => field = value ?? []; } = [];
}

internal sealed class V1PodCondition
{
    public string? Type { get; set; }

    public string? Status { get; set; }

    public string? Reason { get; set; }

    public string? Message { get; set; }
}

internal sealed class V1ContainerStatus
{
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    public V1ContainerState? State { get; set; }

    public V1ContainerState? LastState { get; set; }
}

internal sealed class V1ContainerState
{
    public V1ContainerStateRunning? Running { get; set; }

    public V1ContainerStateTerminated? Terminated { get; set; }

    public V1ContainerStateWaiting? Waiting { get; set; }
}

internal sealed class V1ContainerStateRunning;

internal sealed class V1ContainerStateTerminated
{
    public int ExitCode { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public string? Message { get; set; }

    public string? Reason { get; set; }
}

internal sealed class V1ContainerStateWaiting
{
    public string? Message { get; set; }

    public string? Reason { get; set; }
}

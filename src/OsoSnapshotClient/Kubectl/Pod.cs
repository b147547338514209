using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// What the client reads of a pod (Kubernetes API, core/v1). The JSON reader's generated code sets what is missing to
/// null (dotnet/runtime#84484), so each property says what it is then.
/// </summary>
internal sealed record Pod
{
    /// <summary>The start of the names of the client's containers.</summary>
    public const string AgentPrefix = "oso-snapshot-";

    /// <summary>The start of the names of containers that stay between runs.</summary>
    public const string ResidentPrefix = AgentPrefix + "resident-";

    public PodMetadata Metadata { get; init => field = value ?? new(); } = new();

    public PodSpec Spec { get; init => field = value ?? new(); } = new();

    public PodStatus Status { get; init => field = value ?? new(); } = new();

    /// <exception cref="JsonException">The text is no pod.</exception>
    public static Pod Parse(string json) =>
        JsonSerializer.Deserialize(json, PodJson.Default.Pod) ?? throw new JsonException("it is null");

    /// <summary>The names of the agent's containers: the client's by name, the runbook's by image.</summary>
    public IEnumerable<string> AgentContainers() =>
        from container in Spec.EphemeralContainers ?? []
        where container.Name.StartsWith(AgentPrefix, StringComparison.Ordinal)
            || container.Image.Contains("oso_snapshot", StringComparison.Ordinal)
        select container.Name;

    /// <summary>The names of the running containers that stay between runs.</summary>
    /// <param name="image">Only containers of this image; null for any.</param>
    /// <param name="target">Only containers beside this one; null for any.</param>
    public IEnumerable<string> ResidentContainers(string? image = null, string? target = null) =>
        from container in Spec.EphemeralContainers ?? []
        where IsResident(container.Name)
            && (image is null || container.Image == image)
            && (target is null || container.TargetContainerName == target)
            && StateOf(container.Name).Phase == ContainerPhase.Running
        select container.Name;

    public static bool IsResident(string container) => container.StartsWith(ResidentPrefix, StringComparison.Ordinal);

    public bool HasEphemeralContainer(string name) => Spec.EphemeralContainers?.Any(one => one.Name == name) == true;

    /// <summary>The state of an ephemeral container, as the kubelet reports it.</summary>
    public AgentState StateOf(string container) => AgentState.Of(
        Status.EphemeralContainerStatuses?.FirstOrDefault(status => status.Name == container)?.State);
}

internal sealed record PodMetadata
{
    [JsonConverter(typeof(PodNameConverter))]
    public string Name { get; init => field = value ?? string.Empty; } = string.Empty;

    [JsonConverter(typeof(LabelConverter))]
    public string Namespace { get; init => field = value ?? string.Empty; } = string.Empty;
}

internal sealed record PodSpec
{
    [JsonConverter(typeof(ContainersConverter))]
    public IReadOnlyList<PodContainer> Containers { get; init => field = value ?? []; } = [];

    [JsonConverter(typeof(ContainersConverter))]
    public IReadOnlyList<PodContainer>? EphemeralContainers { get; init; }
}

internal sealed record PodContainer
{
    [JsonConverter(typeof(LabelConverter))]
    public required string Name { get; init; }

    public string Image { get; init => field = value ?? string.Empty; } = string.Empty;

    public string? TargetContainerName { get; init; }

    [JsonConverter(typeof(WordsConverter))]
    public IReadOnlyList<string>? Command { get; init; }

    [JsonConverter(typeof(WordsConverter))]
    public IReadOnlyList<string>? Args { get; init; }
}

internal sealed record PodStatus
{
    [JsonConverter(typeof(StatusesConverter))]
    public IReadOnlyList<ContainerStatus>? ContainerStatuses { get; init; }

    [JsonConverter(typeof(StatusesConverter))]
    public IReadOnlyList<ContainerStatus>? EphemeralContainerStatuses { get; init; }
}

internal sealed record ContainerStatus
{
    [JsonConverter(typeof(LabelConverter))]
    public required string Name { get; init; }

    public ContainerState? State { get; init; }

    public ContainerState? LastState { get; init; }
}

/// <summary>One of the three is set, or none before the kubelet reports one.</summary>
internal sealed record ContainerState
{
    public RunningState? Running { get; init; }

    public WaitingState? Waiting { get; init; }

    public TerminatedState? Terminated { get; init; }
}

internal sealed record RunningState
{
    public DateTimeOffset? StartedAt { get; init; }
}

internal sealed record WaitingState
{
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

internal sealed record TerminatedState
{
    public int ExitCode { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(LineConverter)])]
[JsonSerializable(typeof(Pod))]
internal sealed partial class PodJson : JsonSerializerContext;

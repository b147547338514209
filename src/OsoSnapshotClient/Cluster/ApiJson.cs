using System.Text.Json.Serialization;

namespace OsoSnapshotClient.Cluster;

/// <summary>A page of pods.</summary>
internal sealed class V1PodList
{
    public V1ListMeta? Metadata { get; set; }

    public IReadOnlyList<V1Pod?>? Items { get; set; }
}

internal sealed class V1ListMeta
{
    /// <summary>Asks for the next page; empty on the last one.</summary>
    public string? Continue { get; set; }
}

/// <summary>A namespace, of which the client reads the UID (Kubernetes API, core/v1).</summary>
internal sealed class V1Namespace
{
    public V1ObjectMeta? Metadata { get; set; }
}

/// <summary>The answer to a deletion: the object, or a Status if it is gone. Nothing of it is read.</summary>
internal sealed class V1Deleted;

/// <summary>A StatefulSet or a Deployment (Kubernetes API, apps/v1).</summary>
internal sealed class V1Workload
{
    public V1WorkloadSpec? Spec { get; set; }
}

internal sealed class V1WorkloadSpec
{
    public V1LabelSelector? Selector { get; set; }
}

internal sealed class V1LabelSelector
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; set; }

    public IReadOnlyList<V1LabelSelectorRequirement?>? MatchExpressions { get; set; }
}

internal sealed class V1LabelSelectorRequirement
{
    public string Key { get; set => field = value ?? string.Empty; } = string.Empty;

    public string? Operator { get; set; }

    public IReadOnlyList<string>? Values { get; set; }
}

/// <summary>The answer to a question for a right (Kubernetes API, authorization.k8s.io/v1).</summary>
internal sealed class V1SelfSubjectAccessReview
{
    public V1SubjectAccessReviewStatus? Status { get; set; }
}

internal sealed class V1SubjectAccessReviewStatus
{
    public bool Allowed { get; set; }
}

internal sealed class VersionInfo
{
    public string? GitVersion { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(V1Pod))]
[JsonSerializable(typeof(V1PodList))]
[JsonSerializable(typeof(V1Namespace))]
[JsonSerializable(typeof(V1Deleted))]
[JsonSerializable(typeof(V1Workload))]
[JsonSerializable(typeof(V1SelfSubjectAccessReview))]
[JsonSerializable(typeof(VersionInfo))]
internal sealed partial class ApiJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// The envelope of each answer of Prometheus' API: prometheus.io/docs/prometheus/latest/querying/api/#format-overview.
/// </summary>
internal sealed record ApiReply<T>
{
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("data")]
    public T? Data { get; init; }

    [JsonPropertyName("errorType")]
    public string? ErrorType { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }
}

internal sealed record SnapshotData
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }
}

internal sealed record BuildInfo
{
    [JsonPropertyName("version")]
    public string? Version { get; init; }
}

internal sealed record ServerConfiguration
{
    [JsonPropertyName("yaml")]
    public string? Yaml { get; init; }
}

internal sealed record TsdbStatus
{
    [JsonPropertyName("headStats")]
    public HeadStats? HeadStats { get; init; }
}

internal sealed record HeadStats
{
    /// <summary>The time of the first in-order sample in Unix milliseconds; the largest number without one.</summary>
    [JsonPropertyName("minTime")]
    public long MinTime { get; init; }

    /// <summary>null if the server does not tell.</summary>
    [JsonPropertyName("numSeries")]
    public long? NumSeries { get; init; }
}

internal sealed record RuntimeInfo
{
    /// <summary>Such as <c>15d or 10GiB</c>: web/web.go, <c>runtimeInfo</c>.</summary>
    [JsonPropertyName("storageRetention")]
    public string? StorageRetention { get; init; }
}

[JsonSerializable(typeof(ApiReply<SnapshotData>))]
[JsonSerializable(typeof(ApiReply<BuildInfo>))]
[JsonSerializable(typeof(ApiReply<ServerConfiguration>))]
[JsonSerializable(typeof(ApiReply<Dictionary<string, string>>))]
[JsonSerializable(typeof(ApiReply<TsdbStatus>))]
[JsonSerializable(typeof(ApiReply<RuntimeInfo>))]
[JsonSerializable(typeof(ApiReply<List<string>>))]
internal sealed partial class PrometheusJson : JsonSerializerContext;

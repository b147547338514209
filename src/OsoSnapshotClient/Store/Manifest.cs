using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>snapshots/CLUSTER/NAMESPACE.POD/SNAPSHOT.json</c> lists the blocks of a snapshot, by time. A list of an unnamed
/// cluster lies in <c>snapshots/NAMESPACE.POD/</c>.
/// </summary>
internal sealed record Manifest
{
    public required int Format { get; init; }

    /// <summary>The cluster's name, as in <see cref="PodName"/>; null in format 1 and for an unnamed cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>NAMESPACE.POD, as in <see cref="PodName"/>.</summary>
    public required string Pod { get; init; }

    /// <summary>The name that Prometheus gave the snapshot.</summary>
    public required string Snapshot { get; init; }

    public required DateTimeOffset CopyStartedAt { get; init; }

    /// <summary>The version; null if the agent doesn't report it.</summary>
    public string? PrometheusVersion { get; init; }

    /// <inheritdoc cref="PrometheusVersion"/>
    public string? AgentVersion { get; init; }

    public required string ClientVersion { get; init; }

    /// <summary>A sentence about samples that Prometheus had and its snapshot lacks; null if it lacks none.</summary>
    public string? MissingSamples { get; init; }

    public required IReadOnlyList<BackupBlock> Blocks { get; init; }
}

/// <summary>A block of a list. Names and values are the agent's, except the last four.</summary>
internal sealed record BackupBlock
{
    /// <summary>The kind of checksum of a store that knows no other one.</summary>
    public const string ETagKind = "etag:";

    public required string Ulid { get; init; }

    public required string Fingerprint { get; init; }

    /// <summary>"head" or "block".</summary>
    public required string Kind { get; init; }

    /// <summary>Unix milliseconds; 0 if the block's meta.json is damaged.</summary>
    public required long From { get; init; }

    /// <inheritdoc cref="From"/>
    public required long To { get; init; }

    /// <summary>The size of the block's files.</summary>
    public required long Bytes { get; init; }

    public required long Series { get; init; }

    public required long Samples { get; init; }

    /// <summary>The size of the block's archive.</summary>
    public required long FileBytes { get; init; }

    /// <summary>The SHA-256 of the block's archive.</summary>
    [JsonConverter(typeof(Sha256Converter))]
    public required Sha256 Sha256 { get; init; }

    /// <summary>
    /// What the store knew of the archive's bytes when the block was new there, as KIND:VALUE; null in a directory.
    /// </summary>
    public string? StoreChecksum { get; init; }

    /// <summary>Damage that the block has on Prometheus' own disk; null for a sound block.</summary>
    public IReadOnlyList<string>? Problems { get; init; }
}

/// <summary><c>oso-backup.json</c> marks a backup directory, and holds the format of its files.</summary>
internal sealed record BackupMarker
{
    public required int Format { get; init; }
}

/// <summary>Reads a SHA-256. A text that is none makes the whole JSON invalid.</summary>
internal sealed class Sha256Converter : JsonConverter<Sha256>
{
    public override Sha256 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Sha256.TryParse(reader.GetString(), out Sha256? sha256) ? sha256 : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, Sha256 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = MaxDepth,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(BackupMarker))]
[JsonSerializable(typeof(DeletionMark))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(VerifiedBlock))]
internal sealed partial class BackupJson : JsonSerializerContext
{
    /// <summary>The files of a backup directory have four levels.</summary>
    public const int MaxDepth = 8;
}

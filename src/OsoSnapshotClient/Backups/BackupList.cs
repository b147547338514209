using System.Text.Json.Serialization;

namespace OsoSnapshotClient.Backups;

/// <summary>
/// <c>snapshots/NAMESPACE.POD/SNAPSHOT.json</c>: the blocks that a snapshot is made of, by time.
/// </summary>
internal sealed record BackupList
{
    public required int Format { get; init; }

    /// <summary>As <see cref="PodName"/> writes it.</summary>
    public required string Pod { get; init; }

    /// <summary>Prometheus' name of it.</summary>
    public required string Snapshot { get; init; }

    public required DateTimeOffset CopyStartedAt { get; init; }

    /// <summary>null of an agent that doesn't tell.</summary>
    public string? PrometheusVersion { get; init; }

    /// <inheritdoc cref="PrometheusVersion"/>
    public string? AgentVersion { get; init; }

    public required string ClientVersion { get; init; }

    /// <summary>Samples that Prometheus had and its snapshot can't hold, in words.</summary>
    public string? MissingSamples { get; init; }

    public required IReadOnlyList<BackupBlock> Blocks { get; init; }
}

/// <summary>A block of a list; but for the last three, the names and values are the agent's.</summary>
internal sealed record BackupBlock
{
    public required string Ulid { get; init; }

    public required string Fingerprint { get; init; }

    /// <summary>"head" or "block".</summary>
    public required string Kind { get; init; }

    /// <summary>Unix milliseconds; 0 where the block's meta.json is damaged.</summary>
    public required long From { get; init; }

    /// <inheritdoc cref="From"/>
    public required long To { get; init; }

    /// <summary>Of the block's files.</summary>
    public required long Bytes { get; init; }

    public required long Series { get; init; }

    public required long Samples { get; init; }

    /// <summary>Of its archive.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Of its archive.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Damage that the block has on Prometheus' own disk; null where it is sound.</summary>
    public IReadOnlyList<string>? Problems { get; init; }
}

/// <summary><c>oso-backup.json</c>: what the directory is, and which versions of this program can read it.</summary>
internal sealed record BackupMarker
{
    public required int Format { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(BackupMarker))]
[JsonSerializable(typeof(BackupList))]
internal sealed partial class BackupJson : JsonSerializerContext;

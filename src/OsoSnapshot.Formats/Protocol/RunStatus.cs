namespace OsoSnapshot.Formats.Protocol;

/// <summary>
/// How far a run is; what is not known yet is null. The names are those of <c>oso-snapshot status --json</c>.
/// </summary>
internal sealed record RunStatus
{
    /// <summary>One of <see cref="PhaseNames"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>The agent's, so that a client can tell one that it doesn't understand.</summary>
    public string? Version { get; init; }

    /// <summary>The run's name of its client (OSO_SNAPSHOT_CLIENT); null where people have started it.</summary>
    public string? Client { get; init; }

    /// <summary>Prometheus', as it tells it.</summary>
    public string? PrometheusVersion { get; init; }

    public string? Snapshot { get; init; }

    /// <summary>The block that Prometheus made of its in-memory head; null where it made none.</summary>
    public string? HeadBlock { get; init; }

    public int? Blocks { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public string? Archive { get; init; }

    /// <summary>While it is written: what is written so far.</summary>
    public long? ArchiveBytes { get; init; }

    public string? Sha256 { get; init; }

    public required double ElapsedSeconds { get; init; }

    /// <summary>Samples that Prometheus has and its snapshot can't hold, in words.</summary>
    public string? MissingSamples { get; init; }

    /// <summary>Damage that the archived blocks have on Prometheus' own disk.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

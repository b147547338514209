using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Protocol;

/// <summary>
/// The state of a run, with the names of <c>oso-snapshot status --json</c>. A value that is not known yet is null.
/// </summary>
internal sealed record RunStatus
{
    /// <summary>One of <see cref="PhaseNames"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>The agent's version. A client refuses an agent whose version it doesn't understand.</summary>
    public string? Version { get; init; }

    /// <summary>The name that the client gave this run (OSO_SNAPSHOT_CLIENT); null if a person started it.</summary>
    public string? Client { get; init; }

    /// <summary>The version that Prometheus states.</summary>
    public string? PrometheusVersion { get; init; }

    public string? Snapshot { get; init; }

    /// <summary>The block that Prometheus made of its in-memory head; null if it made none.</summary>
    public string? HeadBlock { get; init; }

    public int? Blocks { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public string? Archive { get; init; }

    /// <summary>The archive's size. While the archive is written, this is the number of bytes written so far.</summary>
    public long? ArchiveBytes { get; init; }

    public string? Sha256 { get; init; }

    public required double ElapsedSeconds { get; init; }

    /// <summary>The samples that Prometheus has and the snapshot can't hold, in words; null if none is known.</summary>
    public string? MissingSamples { get; init; }

    /// <summary>The ULIDs of blocks in the data directory that the snapshot lacks; null if there is none.</summary>
    public IReadOnlyList<string>? BlocksNotInSnapshot { get; init; }

    /// <summary>Damage in the archived blocks, which Prometheus' own disk has too.</summary>
    public IReadOnlyList<string> Problems { get; init => field = value ?? []; } = [];

    /// <summary>How the run ended; null while it is at work.</summary>
    public RunEnd? End { get; init; }

    /// <summary>Whether a run has begun and has not ended.</summary>
    /// <param name="run">The name of the run that is meant; null for any.</param>
    public bool IsAtWork(string? run = null) =>
        End is null && Phase != PhaseNames.Of(Protocol.Phase.Wait) && (run is null || Client == run);

    /// <summary>Whether each value is one that an agent of this version may send.</summary>
    public bool IsValid() =>
        PhaseNames.IsKnown(Phase)
        && ArchiveBytes is null or >= 0
        && (Sha256 is null || Files.Sha256.TryParse(Sha256, out _))
        && (Snapshot is null || SnapshotName.TryParse(Snapshot, out _))
        && !Problems.Contains(null!)
        && BlocksNotInSnapshot?.Contains(null!) != true;
}

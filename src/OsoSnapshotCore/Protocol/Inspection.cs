namespace OsoSnapshotCore.Protocol;

/// <summary>
/// What <c>oso-snapshot inspect --json</c> sees, without changing anything. A value that can't be found is null, and
/// <see cref="Problems"/> says why.
/// </summary>
internal sealed record Inspection
{
    private const int MaxLetters = 10_000;

    /// <summary>The agent's version.</summary>
    public required string Version { get; init; }

    /// <summary>The agent's own identity as UID:GID.</summary>
    public required string AgentIdentity { get; init; }

    /// <summary>The identity of Prometheus' process as UID:GID.</summary>
    public string? ServerIdentity { get; init; }

    /// <summary>The identity that the agent needs, if it has another one and therefore sees no file.</summary>
    public string? NeededIdentity { get; init; }

    public string? PrometheusVersion { get; init; }

    public bool? IsAdminApiOn { get; init; }

    /// <summary>Prometheus' data directory, as its own container sees it.</summary>
    public string? DataDirectory { get; init; }

    public long? Blocks { get; init; }

    public long? BlockBytes { get; init; }

    /// <summary>The bytes of wal/ and of chunks_head/, of which Prometheus makes the block of the head.</summary>
    public long? HeadBytes { get; init; }

    /// <summary>Free bytes of the volume.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Free bytes beyond the reserve; negative if less is free.</summary>
    public long? RoomBytes { get; init; }

    /// <summary>The estimated size of an archive.</summary>
    public long? ArchiveBytes { get; init; }

    /// <summary>The room that a run with an archive needs, and what it may delete before it.</summary>
    public long? NeededForArchive { get; init; }

    /// <summary>The room that a run without an archive needs.</summary>
    public long? NeededForSnapshot { get; init; }

    public VolumeListing? Artefacts { get; init; }

    /// <summary>Why a value is null, by the value's name in JSON.</summary>
    public IReadOnlyDictionary<string, string> Problems
    {
        get;
        init => field = value ?? new Dictionary<string, string>();
    }
    = new Dictionary<string, string>();

    /// <summary>Whether each value is one that an agent of this version may send.</summary>
    public bool IsValid() =>
        AreShort(Version, AgentIdentity, ServerIdentity, NeededIdentity, PrometheusVersion, DataDirectory)
        && Version is not null && AgentIdentity is not null
        && !(Blocks < 0 || BlockBytes < 0 || HeadBytes < 0 || FreeBytes < 0 || ArchiveBytes < 0)
        && !(NeededForArchive < 0 || NeededForSnapshot < 0)
        && Artefacts?.IsValid() != false
        && Problems.All(problem => problem.Value is not null && AreShort(problem.Key, problem.Value));

    private static bool AreShort(params string?[] texts) =>
        Array.TrueForAll(texts, text => !(text?.Length > MaxLetters));
}


namespace OsoSnapshotAgent.Settings;

/// <summary>Which procedure runs.</summary>
internal enum RunMode
{
    /// <summary>Makes an archive on the volume.</summary>
    Take,

    /// <summary>Makes an archive on standard output; all else goes to standard error.</summary>
    Stream,

    /// <summary>
    /// Makes the snapshot and holds it for <c>export --block</c>, without an archive: OSO_SNAPSHOT_ARCHIVE=no.
    /// </summary>
    HoldBlocks,

    /// <summary>Deletes what runs have left: REMOVE=yes.</summary>
    Remove,
}

/// <summary>How a run shares the CPU with Prometheus.</summary>
internal enum PaceMode
{
    /// <summary>It pauses while Prometheus waits for a CPU.</summary>
    Polite,

    /// <summary>It never pauses.</summary>
    Full,
}

/// <summary>What the environment asks for, parsed. src/OsoSnapshotAgent/REFERENCE.md says what each means.</summary>
internal sealed record AgentSettings
{
    /// <summary>Host name of the Prometheus service, with a port where it isn't 80.</summary>
    public string? ServiceName { get; init; }

    /// <summary>First segment of the URL's path, without slashes around it.</summary>
    public string? ClusterNamePrefix { get; init; }

    /// <summary>What the environment, or <c>export --stream</c>, asks for.</summary>
    public RunMode Mode { get; init; }

    /// <summary>Base URL with the prefix; always ends with a slash.</summary>
    public Uri? Url { get; init; }

    /// <summary>The data directory as the agent sees it.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// How long at most to stay for the copy; infinite for <c>forever</c>; null for the default, which depends on the
    /// terminal.
    /// </summary>
    public TimeSpan? Hold { get; init; }

    public bool SkipHead { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public Reserve Reserve { get; init; } = Reserve.Default;

    /// <summary>
    /// Compression workers. Half of the CPUs that affinity and cgroup quota allow: the others are Prometheus'.
    /// </summary>
    public int Workers { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Compression level of gzip, 1 to 9; null for the engine's default.</summary>
    public int? Level { get; init; }

    public long? RateLimitBytesPerSecond { get; init; }

    public PaceMode Pace { get; init; }

    /// <summary>How long the snapshot request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromHours(1);

    public string? CaFile { get; init; }

    public string? Username { get; init; }

    public string? PasswordFile { get; init; }

    public string? BearerTokenFile { get; init; }

    public bool Insecure { get; init; }

    /// <summary>This container's name, if a client has started it and is at work; null for people at a shell.</summary>
    public string? Client { get; init; }

    /// <summary>A run that starts later ends at once: its client has given up waiting for the container.</summary>
    public DateTimeOffset? StartBefore { get; init; }

    /// <summary>Draw with ASCII alone.</summary>
    public bool Ascii { get; init; }

    /// <summary>
    /// The variables that are set, such as <c>OSO_SNAPSHOT_HOLD=30m</c>. None of them holds a secret.
    /// </summary>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <summary>What is suspicious but no error: misspelt variables.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

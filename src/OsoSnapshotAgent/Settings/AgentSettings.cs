
namespace OsoSnapshotAgent.Settings;

/// <summary>The kind of run.</summary>
internal enum RunMode
{
    /// <summary>Makes an archive on the volume.</summary>
    Take,

    /// <summary>Makes an archive on standard output. All other output goes to standard error.</summary>
    Stream,

    /// <summary>
    /// Makes the snapshot and holds it for <c>export --block</c>, without an archive (OSO_SNAPSHOT_ARCHIVE=no).
    /// </summary>
    HoldBlocks,

    /// <summary>Deletes what runs have left (REMOVE=yes).</summary>
    Remove,

    /// <summary>Puts a client's blocks into the data directory.</summary>
    Restore,
}

/// <summary>How a run shares the CPU with Prometheus.</summary>
internal enum PaceMode
{
    /// <summary>The run pauses while Prometheus waits for a CPU.</summary>
    Polite,

    /// <summary>The run never pauses.</summary>
    Full,
}

/// <summary>The settings of the environment, parsed. src/OsoSnapshotAgent/REFERENCE.md explains each one.</summary>
internal sealed record AgentSettings
{
    /// <summary>Host name of the Prometheus service, with a port if that is not 80.</summary>
    public string? ServiceName { get; init; }

    /// <summary>First segment of the URL's path, without slashes around it.</summary>
    public string? ClusterNamePrefix { get; init; }

    /// <summary>The run that the environment or <c>export --stream</c> asks for.</summary>
    public RunMode Mode { get; init; }

    /// <summary>Base URL with the prefix. It always ends with a slash.</summary>
    public Uri? Url { get; init; }

    /// <summary>The data directory as the agent sees it.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// The maximum time to wait for the copy; infinite for <c>forever</c>; null for the default, which depends on the
    /// terminal.
    /// </summary>
    public TimeSpan? Hold { get; init; }

    public bool SkipHead { get; init; }

    /// <summary>When the environment was read: the time from which a duration such as 24h counts back.</summary>
    public DateTimeOffset ReadAt { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public Reserve Reserve { get; init; } = Reserve.Default;

    /// <summary>
    /// The number of compression workers. The default leaves half of the CPUs (by affinity and cgroup quota) to
    /// Prometheus.
    /// </summary>
    public int Workers { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Compression level of gzip, 1 to 9; null for the engine's default.</summary>
    public int? Level { get; init; }

    public long? RateLimitBytesPerSecond { get; init; }

    public PaceMode Pace { get; init; }

    /// <summary>The timeout of the snapshot request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromHours(1);

    public string? CaFile { get; init; }

    /// <summary>The client's certificate, for a server that demands one.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public string? Username { get; init; }

    public string? PasswordFile { get; init; }

    public string? BearerTokenFile { get; init; }

    public bool Insecure { get; init; }

    /// <summary>This container's name if a client has started it; null if a person runs it at a shell.</summary>
    public string? Client { get; init; }

    /// <summary>Whether a complete archive on the volume is verified and held, in place of a new one.</summary>
    public bool IsReuse { get; init; }

    /// <summary>Whether to draw with ASCII characters only.</summary>
    public bool Ascii { get; init; }

    /// <summary>
    /// The variables that are set, such as <c>OSO_SNAPSHOT_HOLD=30m</c>. None of them holds a secret.
    /// </summary>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <summary>Suspicious settings that are no error, such as misspelt variables.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>The program that runs as PID 1 of the target container.</summary>
internal enum FirstProcess
{
    Prometheus,

    /// <summary>A shell whose child is Prometheus.</summary>
    ShellWrapper,

    /// <summary>
    /// A program with a root of its own, as /pause in pods with shareProcessNamespace. Prometheus is another process.
    /// </summary>
    Sleeper,

    /// <summary>The same program, without any Prometheus.</summary>
    SleeperAlone,
}

/// <summary>The blocks to generate before Prometheus starts.</summary>
internal sealed record BlockSet(int Count = 2, long SizeBytes = 1 << 20, ulong Seed = 1)
{
    /// <summary>
    /// The end of the last block. The default is now, because Prometheus deletes blocks older than its retention.
    /// </summary>
    public DateTimeOffset Until { get; init; } = TimeProvider.System.GetUtcNow();
}

/// <summary>A pod to start. The defaults are those of the official image, with the admin API on.</summary>
internal sealed record PodOptions
{
    /// <summary>
    /// A series that the head has from the start. "up" appears only with the first scrape, after five seconds.
    /// </summary>
    public const string HeadSeries = "harness:heartbeat";

    /// <summary>Flags of a Prometheus that merges no blocks. Others merge three or more at some hours: the spans are aligned.</summary>
    public static readonly IReadOnlyList<string> MergesNothing =
        ["--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"];

    public PrometheusVersion Version { get; init; } = PrometheusVersion.V2_42;

    public FirstProcess FirstProcess { get; init; } = FirstProcess.Prometheus;

    /// <summary>uid:gid of the container.</summary>
    public string User { get; init; } = "1000:1000";

    /// <summary>
    /// The path may be relative to the working directory. Debian's build has another default, so the flag is always
    /// given.
    /// </summary>
    public string StoragePath { get; init; } = "/prometheus";

    public string WorkingDirectory { get; init; } = "/prometheus";

    public int Port { get; init; } = 9090;

    /// <summary>The prefix of all URLs, such as "/occne3-n2/prometheus".</summary>
    public string RoutePrefix { get; init; } = string.Empty;

    public bool EnablesAdminApi { get; init; } = true;

    /// <summary>False leaves the flag out. Debian's build then uses /var/lib/prometheus/metrics2/.</summary>
    public bool NamesStoragePath { get; init; } = true;

    /// <summary>True puts all flags into a file that the command line names with @.</summary>
    public bool HasFlagsInFile { get; init; }

    /// <summary>More flags of Prometheus.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public BlockSet? Blocks { get; init; }

    /// <summary>A directory whose content is copied into the data directory, such as a restored snapshot.</summary>
    public string? InitialData { get; init; }

    /// <summary>
    /// Makes Prometheus scrape itself and record <see cref="HeadSeries"/>. The start waits for the first sample.
    /// </summary>
    public bool ScrapesItself { get; init; } = true;

    /// <summary>Puts the data directory on a volume of this size.</summary>
    public long? VolumeBytes { get; init; }

    /// <summary>More files of the container, by their absolute path in it.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// More arguments of the harness' own requests, such as "--cacert" or "--user" for a web.config.file.
    /// </summary>
    public IReadOnlyList<string> CurlArguments { get; init; } = [];

    public string Scheme { get; init; } = "http";

    /// <summary>The host name that the agent may use for the Prometheus in this pod.</summary>
    public string ServiceName { get; init; } = "oso-p-prom-svr";

    public string HostName { get; init; } = "oso-prom-0";

    /// <summary>
    /// The pod whose network this one shares. An agent in one then reaches the Prometheus of the other.
    /// </summary>
    public PrometheusPod? NetworkOf { get; init; }

    /// <summary>The data directory as the container sees it.</summary>
    public string DataPath => Path.Combine(WorkingDirectory, StoragePath);

    public Uri BaseUrl => new($"{Scheme}://localhost:{Port}{RoutePrefix}/");
}

using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>Every setting, once. The reader, the help and the checks of the reference come from this table.</summary>
internal static class SettingsTable
{
    private const string TimeExample = "a time such as 2025-08-20T16:00:00Z";

    private static readonly SettingKind<bool> YesNo = new("yes|no", "yes, no, true or false", SettingParsers.TryYesNo);

    private static readonly SettingKind<string> FilePath =
        new("PATH", "the absolute path of a file", SettingParsers.TryAbsolutePath);

    private static readonly SettingKind<PointInTime> Point =
        new("DURATION|TIME", $"{Durations.Rule} (back from now), or {TimeExample}", PointInTime.TryParse);

    /// <summary>The one setting that verbs without a run need.</summary>
    public static Setting DataDirectory { get; } = new SettingKind<string>(
        "PATH",
        "an absolute path as the agent sees it, such as /proc/1/root/data, and not the root",
        SettingParsers.TryAbsolutePath).Named(
        "OSO_SNAPSHOT_DATA_DIR",
        (settings, path) => settings with { DataDirectory = path },
        "Data directory as the agent sees it.",
        "Default: that of the Prometheus process, else /proc/1/root/data.");

    /// <summary>The one setting that drawing needs.</summary>
    public static Setting Ascii { get; } = YesNo.Named(
        "OSO_SNAPSHOT_ASCII",
        (settings, yes) => settings with { Ascii = settings.Ascii || yes },
        "yes: draw with ASCII alone. Default: yes if the locale is not UTF-8.");

    /// <summary>In the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Run(), .. Archive(), .. Connection(), .. Client(), Ascii];

    /// <summary>All settings in the style of a man page's ENVIRONMENT, with a newline at the end.</summary>
    public static string Help => "Environment:\n" + string.Concat(All.Select(setting =>
        $"  {setting.Name}={setting.Value}\n" + string.Concat(setting.Help.Select(line => $"      {line}\n"))));

    private static IEnumerable<Setting> Run() =>
    [
        new SettingKind<string>(
            "HOST[:PORT]",
            "a host name such as oso-p-prom-svr, with :port if that is not 80 (for a whole URL set OSO_SNAPSHOT_URL)",
            SettingParsers.TryHost).Named(
            "OSO_PROMETHEUS_SERVICE_NAME",
            (settings, host) => settings with { ServiceName = host },
            "The Prometheus service. Default: the local Prometheus, by its own flags."),
        new SettingKind<string>(
            "PREFIX",
            "the first segment of the URL's path, such as occne3-n2",
            SettingParsers.TryPathSegments).Named(
            "CLUSTER_NAME_PREFIX",
            (settings, prefix) => settings with { ClusterNamePrefix = prefix },
            "First segment of the URL's path: http://HOST/PREFIX/prometheus/."),
        YesNo.Named(
            "REMOVE",
            (settings, yes) => yes ? settings with { Mode = RunMode.Remove } : settings,
            "yes: remove the snapshots, the archive and the log instead of making them."),
        new SettingKind<Uri>(
            "URL",
            "a base URL such as https://prom:9090/prefix, without user, query or fragment",
            SettingParsers.TryUrl).Named(
            "OSO_SNAPSHOT_URL",
            (settings, url) => settings with { Url = url },
            "Base URL of Prometheus with its prefix. The agent then tries no other URL."),
        DataDirectory,
        YesNo.Named(
            "OSO_SNAPSHOT_ARCHIVE",
            (settings, yes) => yes || settings.Mode == RunMode.Remove
                ? settings
                : settings with { Mode = RunMode.HoldBlocks },
            "no: make the snapshot and hold it for \"blocks\" and \"export --block\", without an archive."),
        new SettingKind<TimeSpan>(
            "DURATION|0|forever",
            $"{Durations.Rule}, or 0, or forever",
            SettingParsers.TryHold).Named(
            "OSO_SNAPSHOT_HOLD",
            (settings, hold) => settings with { Hold = hold },
            "Maximum time to wait for the copy: 90s, 30m, 12h.",
            "Default: 24h with a terminal, where Enter ends the wait, else 0."),
    ];

    private static IEnumerable<Setting> Archive() =>
    [
        YesNo.Named(
            "OSO_SNAPSHOT_SKIP_HEAD",
            (settings, yes) => settings with { SkipHead = yes },
            "yes: leave out the in-memory head, the last two to three hours."),
        Point.Named(
            "OSO_SNAPSHOT_SINCE",
            (settings, since) => settings with { Since = since.From(settings.ReadAt) },
            "Archive only blocks that reach beyond this: 24h back from now, or 2025-08-20T16:00:00Z."),
        Point.Named(
            "OSO_SNAPSHOT_UNTIL",
            (settings, until) => settings with { Until = until.From(settings.ReadAt) },
            "Archive only blocks that begin before this."),
        new SettingKind<Reserve>("SIZE|PERCENT", Reserve.Rule, Reserve.TryParse).Named(
            "OSO_SNAPSHOT_RESERVE",
            (settings, reserve) => settings with { Reserve = reserve },
            "Free space on the volume that is never touched. Default: the larger of 512MiB and 5%."),
        new SettingKind<int>("1-256", "a number from 1 to 256", SettingParsers.Within(1, 256)).Named(
            "OSO_SNAPSHOT_WORKERS",
            (settings, workers) => settings with { Workers = workers },
            "Compression workers. Default: half of the CPUs that the cgroup allows."),
        new SettingKind<int>("1-9", "a number from 1 to 9", SettingParsers.Within(1, 9)).Named(
            "OSO_SNAPSHOT_LEVEL",
            (settings, level) => settings with { Level = level },
            "Compression level. Default: 2 with ISA-L, 3 without."),
        new SettingKind<long>(
            "SIZE",
            ByteSize.Rule + " (bytes per second, at least 1MiB)",
            SettingParsers.TryPositiveSize).Named(
            "OSO_SNAPSHOT_RATE_LIMIT",
            (settings, limit) => settings with { RateLimitBytesPerSecond = limit },
            "Bytes of archive written per second at most, such as 50MiB. Default: no limit."),
        new SettingKind<PaceMode>("polite|full", "polite or full", SettingParsers.TryPace).Named(
            "OSO_SNAPSHOT_PACE",
            (settings, pace) => settings with { Pace = pace },
            "polite: pause while Prometheus waits for a CPU. full: never pause. Default: polite."),
    ];

    private static IEnumerable<Setting> Connection() =>
    [
        new SettingKind<TimeSpan>("DURATION", Durations.Rule, SettingParsers.TryPositiveDuration).Named(
            "OSO_SNAPSHOT_TIMEOUT",
            (settings, timeout) => settings with { RequestTimeout = timeout },
            "How long the snapshot request may take. Default: 1h."),
        FilePath.Named(
            "OSO_SNAPSHOT_CA_FILE",
            (settings, path) => settings with { CaFile = path },
            "PEM file of the authority that signed Prometheus' certificate.",
            "It and the four files below may lie in Prometheus' container."),
        FilePath.Named(
            "OSO_SNAPSHOT_CERT_FILE",
            (settings, path) => settings with { CertificateFile = path },
            "PEM file of the client certificate, if Prometheus demands one. Needs OSO_SNAPSHOT_KEY_FILE."),
        FilePath.Named(
            "OSO_SNAPSHOT_KEY_FILE",
            (settings, path) => settings with { KeyFile = path },
            "PEM file of that certificate's key, without a passphrase."),
        new SettingKind<string>("NAME", "a name", SettingParsers.TryText).Named(
            "OSO_SNAPSHOT_USERNAME",
            (settings, name) => settings with { Username = name },
            "Basic authentication, with OSO_SNAPSHOT_PASSWORD_FILE."),
        FilePath.Named(
            "OSO_SNAPSHOT_PASSWORD_FILE",
            (settings, path) => settings with { PasswordFile = path },
            "The password, as the file's one line."),
        FilePath.Named(
            "OSO_SNAPSHOT_BEARER_TOKEN_FILE",
            (settings, path) => settings with { BearerTokenFile = path },
            "Bearer authentication: the token, as the file's one line."),
        YesNo.Named(
            "OSO_SNAPSHOT_INSECURE",
            (settings, yes) => settings with { Insecure = yes },
            "yes: trust any certificate."),
    ];

    private static IEnumerable<Setting> Client() =>
    [
        new SettingKind<string>(
            "CONTAINER",
            "the name of a container, such as oso-snapshot-20261121-091649-27750",
            SettingParsers.TryContainerName).Named(
            "OSO_SNAPSHOT_CLIENT",
            (settings, name) => settings with { Client = name },
            "Set by the client that started this container and copies the archive: the container's name."),
    ];
}

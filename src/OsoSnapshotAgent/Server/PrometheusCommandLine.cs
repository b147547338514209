namespace OsoSnapshotAgent.Server;

/// <summary>
/// The flags of a running Prometheus that matter to a snapshot, read as its command-line parser (kingpin) does:
/// <c>--flag=value</c>, <c>--flag value</c>, and <c>--flag</c> or <c>--no-flag</c> for booleans. The last one counts.
/// </summary>
internal sealed record PrometheusCommandLine
{
    private const string DefaultListenAddress = "0.0.0.0:9090";

    /// <summary>Absolute, or relative to the process' working directory. Source: cmd/prometheus/main.go.</summary>
    public string StoragePath { get; private init; } = "data/";

    /// <summary>
    /// False if the path is only the usual default: no flag names it, or a file of further flags may (kingpin's
    /// <c>@FILE</c>).
    /// </summary>
    public bool NamesStoragePath { get; private init; }

    public bool HasArgumentFile { get; private init; }

    public string ListenAddress { get; private init; } = DefaultListenAddress;

    public string? RoutePrefix { get; private init; }

    public string? ExternalUrl { get; private init; }

    /// <summary>The file that may turn on TLS and basic authentication.</summary>
    public string? WebConfigFile { get; private init; }

    public bool AdminApiEnabled { get; private init; }

    /// <summary>Agent mode forwards samples and has no TSDB.</summary>
    public bool IsAgent { get; private init; }

    private static readonly string[] FlagsWithValue =
    [
        "--storage.tsdb.path", "--web.listen-address", "--web.route-prefix", "--web.external-url", "--web.config.file",
        "--enable-feature",
    ];

    public static PrometheusCommandLine Parse(IReadOnlyList<string> arguments)
    {
        PrometheusCommandLine line = new() { HasArgumentFile = arguments.Skip(1).Any(IsArgumentFile) };
        bool listens = false;
        for (int i = 1; i < arguments.Count; i++)
        {
            (string flag, string? value) = Split(arguments[i]);
            if (value is null && FlagsWithValue.Contains(flag) && i + 1 < arguments.Count)
            {
                value = arguments[++i];
            }

            // Prometheus 3 may listen on several addresses, and answers on the first one too.
            bool isFurtherAddress = flag == "--web.listen-address" && listens;
            line = isFurtherAddress ? line : line.With(flag, value ?? string.Empty);
            listens |= flag == "--web.listen-address";
        }

        return line;
    }

    /// <summary>True if a process is a Prometheus server, by its name or by flags that no other program has.</summary>
    public static bool IsPrometheus(ProcessInfo process) =>
        process.Name == "prometheus"
        || (process.Arguments.Count > 0 && Path.GetFileName(process.Arguments[0]) == "prometheus")
        || process.Arguments.Skip(1).Any(
            argument => argument.StartsWith("--storage.tsdb.path", StringComparison.Ordinal));

    /// <summary>
    /// The base URL at which a process of the same network namespace reaches this Prometheus, with a slash at the end;
    /// null if the flags make no URL.
    /// </summary>
    public Uri? LocalUrl(string scheme)
    {
        int colon = ListenAddress.LastIndexOf(':');
        string host = colon < 0 ? ListenAddress : ListenAddress[..colon];
        string port = colon < 0 ? "9090" : PortNumber(ListenAddress[(colon + 1)..]);
        host = host is "" or "0.0.0.0" or "[::]" or "*" ? "127.0.0.1" : host;
        string prefix = Prefix();
        return Uri.TryCreate(
            $"{scheme}://{host}:{port}/{prefix}{(prefix.Length > 0 ? "/" : string.Empty)}",
            UriKind.Absolute,
            out Uri? url)
            ? url
            : null;
    }

    private static bool IsArgumentFile(string argument) => argument.StartsWith('@');

    private static (string Flag, string? Value) Split(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }

    private PrometheusCommandLine With(string flag, string value)
    {
        bool isFalse = value.Equals("false", StringComparison.OrdinalIgnoreCase);
        return flag switch
        {
            "--storage.tsdb.path" => this with { StoragePath = value, NamesStoragePath = !HasArgumentFile },
            "--web.listen-address" => this with { ListenAddress = value },
            "--web.route-prefix" => this with { RoutePrefix = value },
            "--web.external-url" => this with { ExternalUrl = value },
            "--web.config.file" => this with { WebConfigFile = value },
            "--web.enable-admin-api" => this with { AdminApiEnabled = !isFalse },
            "--no-web.enable-admin-api" => this with { AdminApiEnabled = isFalse },
            "--agent" => this with { IsAgent = !isFalse },
            "--no-agent" => this with { IsAgent = isFalse },
            "--enable-feature" when value.Split(',').Contains("agent") => this with { IsAgent = true },
            _ => this,
        };
    }

    // Go resolves names of services too. Only these names make sense here.
    private static string PortNumber(string port) => port switch
    {
        "http" => "80",
        "https" => "443",
        _ => port,
    };

    // The route prefix defaults to the path of the external URL.
    private string Prefix() =>
        (RoutePrefix is { Length: > 0 } prefix ? prefix : PathOf(ExternalUrl ?? string.Empty)).Trim('/');

    // Go's url.Parse takes a text without a scheme as a path, "host" included. In "host:9090/x" it takes "host" as the
    // scheme.
    private static string PathOf(string url)
    {
        if (url.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(url, UriKind.Absolute, out Uri? absolute))
        {
            return absolute.AbsolutePath;
        }

        return url.Split('/')[0].Contains(':', StringComparison.Ordinal) ? string.Empty : url;
    }
}

namespace OsoSnapshotAgent.Target;

/// <summary>
/// The flags of a running Prometheus that matter to a snapshot, as its command-line parser (kingpin) reads them:
/// <c>--flag=value</c>, <c>--flag value</c>, <c>--flag</c> and <c>--no-flag</c> for booleans; the last one counts.
/// </summary>
internal sealed record PrometheusCommandLine
{
    private const string DefaultListenAddress = "0.0.0.0:9090";

    /// <summary>Relative to the process' working directory unless absolute. Source: cmd/prometheus/main.go.</summary>
    public string StoragePath { get; private init; } = "data/";

    public string ListenAddress { get; private init; } = DefaultListenAddress;

    public string? RoutePrefix { get; private init; }

    public string? ExternalUrl { get; private init; }

    /// <summary>The file that may turn on TLS and basic authentication.</summary>
    public string? WebConfigFile { get; private init; }

    public bool AdminApiEnabled { get; private init; }

    /// <summary>Agent mode forwards samples and has no TSDB.</summary>
    public bool IsAgent { get; private init; }

    public static PrometheusCommandLine Parse(IReadOnlyList<string> arguments)
    {
        PrometheusCommandLine line = new();
        bool listens = false;
        for (int i = 1; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string flag = equals < 0 ? argument : argument[..equals];
            bool isBoolean =
                flag is "--web.enable-admin-api" or "--no-web.enable-admin-api" or "--agent" or "--no-agent";
            bool isKnown =
                flag is "--storage.tsdb.path" or "--web.listen-address" or "--web.route-prefix" or "--web.external-url" or "--web.config.file" or "--enable-feature";
            string value = equals >= 0
                ? argument[(equals + 1)..]
                : isKnown && i + 1 < arguments.Count
                ? arguments[++i]
                : string.Empty;
            bool isOn = isBoolean && !flag.StartsWith("--no-", StringComparison.Ordinal) != value.Equals(
                "false",
                StringComparison.OrdinalIgnoreCase);

            line = flag switch
            {
                "--storage.tsdb.path" => line with { StoragePath = value },

                // Prometheus 3 may listen on several addresses: the first one will do.
                "--web.listen-address" when !listens => line with { ListenAddress = value },
                "--web.route-prefix" => line with { RoutePrefix = value },
                "--web.external-url" => line with { ExternalUrl = value },
                "--web.config.file" => line with { WebConfigFile = value },
                "--web.enable-admin-api" or "--no-web.enable-admin-api" => line with { AdminApiEnabled = isOn },
                "--agent" or "--no-agent" => line with { IsAgent = isOn },
                "--enable-feature" when value.Split(',').Contains("agent") => line with { IsAgent = true },
                _ => line,
            };
            listens |= flag == "--web.listen-address";
        }

        return line;
    }

    /// <summary>True for a process that is Prometheus' server: by its name, or by flags that only it has.</summary>
    public static bool IsPrometheus(Linux.ProcessInfo process) =>
        process.Name == "prometheus"
        || (process.Arguments.Count > 0 && Path.GetFileName(process.Arguments[0]) == "prometheus")
        || process.Arguments.Skip(1).Any(
            argument => argument.StartsWith("--storage.tsdb.path", StringComparison.Ordinal));

    /// <summary>
    /// The base URL on which a process of the same network namespace reaches this Prometheus; ends with a slash. Null
    /// where the flags make no URL.
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
            out Uri? url) ? url : null;
    }

    // Go resolves service names too; these are the ones that fit.
    private static string PortNumber(string port) => port switch
    {
        "http" => "80",
        "https" => "443",
        _ => port,
    };

    // The route prefix defaults to the path of the external URL.
    private string Prefix() =>
        (RoutePrefix is { Length: > 0 } prefix ? prefix : PathOf(ExternalUrl ?? string.Empty)).Trim('/');

    // As Go's url.Parse reads it: without a scheme all of it is the path, "host" included; "host:9090/x" has the scheme
    // "host" and no path.
    private static string PathOf(string url) =>
        url.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(url, UriKind.Absolute, out Uri? absolute)
            ? absolute.AbsolutePath
        : url.Split('/')[0].Contains(':', StringComparison.Ordinal) ? string.Empty
        : url;
}

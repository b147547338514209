using System.Buffers;
using System.Globalization;

namespace OsoSnapshotAgent.Settings;

/// <summary>Environment → <see cref="AgentSettings"/>, or every problem at once.</summary>
internal static class SettingsReader
{
    private const string Prefix = "OSO_SNAPSHOT_";
    private static readonly SearchValues<char> NotInHost = SearchValues.Create("/?#@\\ ");

    /// <exception cref="AgentException">With <see cref="ExitStatus.Settings"/>, naming each variable, its value and its rule.</exception>
    public static AgentSettings Read(IReadOnlyDictionary<string, string> variables, TimeProvider time)
    {
        VariableReader reader = new(variables);
        DateTimeOffset now = time.GetUtcNow();
        AgentSettings settings = new()
        {
            ServiceName = reader.Reference<string>("OSO_PROMETHEUS_SERVICE_NAME", TryHost, "a host name such as oso-p-prom-svr, with :port where it isn't 80 (for a whole URL set OSO_SNAPSHOT_URL)"),
            ClusterNamePrefix = reader.Reference<string>("CLUSTER_NAME_PREFIX", TryPathSegments, "the first segment of the URL's path, such as occne3-n2"),
            Remove = reader.YesNo("REMOVE"),
            Url = reader.Reference<Uri>(Prefix + "URL", TryUrl, "a base URL such as https://prom:9090/prefix, without user, query or fragment"),
            DataDirectory = DataDirectory(reader),
            Hold = reader.Value<TimeSpan>(Prefix + "HOLD", TryHold, $"{Durations.Rule}, or 0, or forever"),
            SkipHead = reader.YesNo(Prefix + "SKIP_HEAD"),
            Since = reader.Value<DateTimeOffset>(Prefix + "SINCE", TryPoint, $"{Durations.Rule} (back from now), or a time such as 2025-08-20T16:00:00Z"),
            Until = reader.Value<DateTimeOffset>(Prefix + "UNTIL", TryPoint, $"{Durations.Rule} (back from now), or a time such as 2025-08-20T16:00:00Z"),
            Reserve = reader.Value<Reserve>(Prefix + "RESERVE", Reserve.TryParse, Reserve.Rule) ?? Reserve.Default,
            Workers = reader.Value<int>(Prefix + "WORKERS", Within(1, 256), "a number from 1 to 256") ?? new AgentSettings().Workers,
            Level = reader.Value<int>(Prefix + "LEVEL", Within(1, 9), "a number from 1 to 9"),
            RateLimitBytesPerSecond = reader.Value<long>(Prefix + "RATE_LIMIT", TryPositiveSize, ByteSize.Rule + " (bytes per second, at least 1MiB)"),
            RequestTimeout = reader.Value<TimeSpan>(Prefix + "TIMEOUT", TryPositiveDuration, Durations.Rule) ?? TimeSpan.FromHours(1),
            CaFile = reader.Reference<string>(Prefix + "CA_FILE", TryAbsolutePath, "an absolute path"),
            Username = reader.Text(Prefix + "USERNAME"),
            PasswordFile = reader.Reference<string>(Prefix + "PASSWORD_FILE", TryAbsolutePath, "an absolute path"),
            BearerTokenFile = reader.Reference<string>(Prefix + "BEARER_TOKEN_FILE", TryAbsolutePath, "an absolute path"),
            Insecure = reader.YesNo(Prefix + "INSECURE"),
            Ascii = Ascii(reader, variables),
        };

        CheckCombinations(settings, reader.Problems);
        ThrowIfAny(reader.Problems);
        return settings with
        {
            Warnings = [.. reader.Unknown(Prefix).Select(name => $"{name} is not a setting of this program and was ignored; is it misspelt?")],
        };

        bool TryPoint(string text, out DateTimeOffset point) => TryPointInTime(text, now, out point);
    }

    /// <summary>For verbs that draw and need no other setting: other variables may be wrong.</summary>
    /// <exception cref="AgentException">With <see cref="ExitStatus.Settings"/>.</exception>
    public static bool ReadAscii(IReadOnlyDictionary<string, string> variables)
    {
        VariableReader reader = new(variables);
        bool ascii = Ascii(reader, variables);
        ThrowIfAny(reader.Problems);
        return ascii;
    }

    /// <summary>For verbs that look for the data directory and need no other setting.</summary>
    /// <returns>null where none is set.</returns>
    /// <exception cref="AgentException">With <see cref="ExitStatus.Settings"/>.</exception>
    public static string? ReadDataDirectory(IReadOnlyDictionary<string, string> variables)
    {
        VariableReader reader = new(variables);
        string? path = DataDirectory(reader);
        ThrowIfAny(reader.Problems);
        return path;
    }

    private static bool Ascii(VariableReader reader, IReadOnlyDictionary<string, string> variables) =>
        reader.YesNo(Prefix + "ASCII") || IsAsciiLocale(variables);

    private static string? DataDirectory(VariableReader reader) => reader.Reference<string>(
        Prefix + "DATA_DIR", TryAbsolutePath, "an absolute path as the agent sees it, such as /proc/1/root/data");

    private static void ThrowIfAny(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new AgentException(
                ExitStatus.Settings,
                string.Join('\n', problems),
                "Correct the variables and start again (kubectl debug … --env NAME=value); nothing was touched.");
        }
    }

    // locale(7): the first of these that is set counts. None is set in a bare container, whose log is read elsewhere.
    private static bool IsAsciiLocale(IReadOnlyDictionary<string, string> variables)
    {
        string? locale = Array.ConvertAll(["LC_ALL", "LC_CTYPE", "LANG"], name => variables.GetValueOrDefault(name)).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return locale is not null && !locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) && !locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }

    private static void CheckCombinations(AgentSettings settings, List<string> problems)
    {
        if (settings.Since >= settings.Until)
        {
            problems.Add($"OSO_SNAPSHOT_SINCE ({settings.Since:u}) must lie before OSO_SNAPSHOT_UNTIL ({settings.Until:u}).");
        }

        if (settings.Username is null != settings.PasswordFile is null)
        {
            problems.Add("OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE go together: set both or none.");
        }

        if (settings.Username is not null && settings.BearerTokenFile is not null)
        {
            problems.Add("OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_BEARER_TOKEN_FILE exclude each other: set one of them.");
        }

        if (settings.CaFile is not null && settings.Insecure)
        {
            problems.Add("OSO_SNAPSHOT_CA_FILE and OSO_SNAPSHOT_INSECURE exclude each other: set one of them.");
        }
    }

    private static bool TryHost(string text, out string host)
    {
        host = text;
        return !text.AsSpan().ContainsAny(NotInHost)
            && Uri.TryCreate($"http://{text}/", UriKind.Absolute, out Uri? uri)
            && Uri.CheckHostName(uri.Host) != UriHostNameType.Unknown;
    }

    private static bool TryPathSegments(string text, out string segments)
    {
        segments = text.Trim('/');
        return segments.Length > 0
            && segments.Split('/').All(segment => segment.Length > 0 && segment is not "." and not ".."
                && segment.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~'));
    }

    private static bool TryUrl(string text, out Uri url)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out url!)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0)
        {
            url = new Uri(url.AbsoluteUri.TrimEnd('/') + "/");
            return true;
        }

        return false;
    }

    private static bool TryAbsolutePath(string text, out string path)
    {
        path = text.Length > 1 ? text.TrimEnd('/') : text;
        return text.StartsWith('/') && !text.Contains('\0', StringComparison.Ordinal);
    }

    private static bool TryHold(string text, out TimeSpan hold)
    {
        hold = Timeout.InfiniteTimeSpan;
        return text.Equals("forever", StringComparison.OrdinalIgnoreCase) || Durations.TryParse(text, out hold);
    }

    private static bool TryPositiveDuration(string text, out TimeSpan duration) =>
        Durations.TryParse(text, out duration) && duration > TimeSpan.Zero;

    private static bool TryPositiveSize(string text, out long bytes) => ByteSize.TryParse(text, out bytes) && bytes >= 1024 * 1024;

    private static bool TryPointInTime(string text, DateTimeOffset now, out DateTimeOffset point)
    {
        if (Durations.TryParse(text, out TimeSpan back))
        {
            point = now - back;
            return true;
        }

        // RFC 3339 asks for an offset; without one the text could mean the operator's zone or UTC.
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out point)
            && text.Contains('T', StringComparison.OrdinalIgnoreCase)
            && (text.EndsWith('Z') || text.EndsWith('z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.OrdinalIgnoreCase));
    }

    private static TryParse<int> Within(int lowest, int highest) => (string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= lowest && number <= highest;
}

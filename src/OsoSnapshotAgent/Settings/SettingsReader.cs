using System.Buffers;
using System.Globalization;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>Environment → <see cref="AgentSettings"/>, or every problem at once.</summary>
internal static class SettingsReader
{
    private const string Prefix = "OSO_SNAPSHOT_";
    private const string FileRule = "the absolute path of a file";
    private static readonly SearchValues<char> NotInHost = SearchValues.Create("/?#@\\ ");

    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>, naming each variable, its value and
    /// its rule.</exception>
    public static AgentSettings Read(IReadOnlyDictionary<string, string> variables, TimeProvider time)
    {
        VariableReader reader = new(variables);
        DateTimeOffset now = time.GetUtcNow();
        AgentSettings settings = new()
        {
            ServiceName = reader.Reference<string>(
                "OSO_PROMETHEUS_SERVICE_NAME",
                TryHost,
                "a host name such as oso-p-prom-svr, with :port where it isn't 80 (for a whole URL set OSO_SNAPSHOT_URL)"),
            ClusterNamePrefix = reader.Reference<string>(
                "CLUSTER_NAME_PREFIX",
                TryPathSegments,
                "the first segment of the URL's path, such as occne3-n2"),
            Mode = reader.YesNo("REMOVE") ? RunMode.Remove : RunMode.Take,
            Url = reader.Reference<Uri>(
                Prefix + "URL",
                TryUrl,
                "a base URL such as https://prom:9090/prefix, without user, query or fragment"),
            DataDirectory = DataDirectory(reader),
            Hold = reader.Value<TimeSpan>(Prefix + "HOLD", TryHold, $"{Durations.Rule}, or 0, or forever"),
            SkipHead = reader.YesNo(Prefix + "SKIP_HEAD"),
            Since = reader.Value<DateTimeOffset>(
                Prefix + "SINCE",
                TryPoint,
                $"{Durations.Rule} (back from now), or a time such as 2025-08-20T16:00:00Z"),
            Until = reader.Value<DateTimeOffset>(
                Prefix + "UNTIL",
                TryPoint,
                $"{Durations.Rule} (back from now), or a time such as 2025-08-20T16:00:00Z"),
            Reserve = reader.Value<Reserve>(Prefix + "RESERVE", Reserve.TryParse, Reserve.Rule) ?? Reserve.Default,
            Workers = reader.Value<int>(
                Prefix + "WORKERS",
                Within(1, 256),
                "a number from 1 to 256") ?? new AgentSettings().Workers,
            Level = reader.Value<int>(Prefix + "LEVEL", Within(1, 9), "a number from 1 to 9"),
            RateLimitBytesPerSecond = reader.Value<long>(
                Prefix + "RATE_LIMIT",
                TryPositiveSize,
                ByteSize.Rule + " (bytes per second, at least 1MiB)"),
            RequestTimeout = reader.Value<TimeSpan>(
                Prefix + "TIMEOUT",
                TryPositiveDuration,
                Durations.Rule) ?? TimeSpan.FromHours(1),
            CaFile = reader.Reference<string>(Prefix + "CA_FILE", TryAbsolutePath, FileRule),
            Username = reader.Text(Prefix + "USERNAME"),
            PasswordFile = reader.Reference<string>(Prefix + "PASSWORD_FILE", TryAbsolutePath, FileRule),
            BearerTokenFile = reader.Reference<string>(Prefix + "BEARER_TOKEN_FILE", TryAbsolutePath, FileRule),
            Insecure = reader.YesNo(Prefix + "INSECURE"),
            Client = reader.Reference<string>(
                Prefix + "CLIENT",
                TryContainerName,
                "the name of a container, such as oso-snapshot-20261121-091649-27750"),
            StartBefore = reader.Value<DateTimeOffset>(
                Prefix + "START_BEFORE",
                TryTime,
                "a time such as 2025-08-20T16:00:00Z"),
            Ascii = Ascii(reader, variables),
        };

        CheckCombinations(settings, reader.Problems);
        ThrowOnProblems(reader);
        return settings with
        {
            Warnings = [.. reader.Unknown(Prefix).Select(name => $"{name} is not a setting of this program and was"
                + " ignored; is it misspelt?")],
        };

        bool TryPoint(string text, out DateTimeOffset point) => TryPointInTime(text, now, out point);
    }

    /// <summary>For verbs that need no more: a wrong setting of something else must not stop them.</summary>
    /// <returns>null where it is to be found.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>.</exception>
    public static string? ReadDataDirectory(IReadOnlyDictionary<string, string> variables)
    {
        VariableReader reader = new(variables);
        string? directory = DataDirectory(reader);
        ThrowOnProblems(reader);
        return directory;
    }

    /// <inheritdoc cref="ReadDataDirectory" path="/summary"/>
    /// <inheritdoc cref="ReadDataDirectory" path="/exception"/>
    public static bool ReadAscii(IReadOnlyDictionary<string, string> variables)
    {
        VariableReader reader = new(variables);
        bool ascii = Ascii(reader, variables);
        ThrowOnProblems(reader);
        return ascii;
    }

    private static bool Ascii(VariableReader reader, IReadOnlyDictionary<string, string> variables) =>
        reader.YesNo(Prefix + "ASCII") || IsAsciiLocale(variables);

    private static string? DataDirectory(VariableReader reader) => reader.Reference<string>(
        Prefix + "DATA_DIR", TryAbsolutePath, "an absolute path as the agent sees it, such as /proc/1/root/data, and"
            + " not the root");

    private static void ThrowOnProblems(VariableReader reader)
    {
        if (reader.Problems.Count > 0)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                string.Join('\n', reader.Problems),
                "Correct the variables and start again (kubectl debug … --env NAME=value); nothing was touched.");
        }
    }

    // locale(7): the first of these that is set counts. None is set in a bare container, whose log is read elsewhere.
    private static bool IsAsciiLocale(IReadOnlyDictionary<string, string> variables)
    {
        string? locale = Array.ConvertAll(
            ["LC_ALL", "LC_CTYPE", "LANG"],
            name => variables.GetValueOrDefault(name)).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return locale is not null && !locale.Contains(
            "UTF-8",
            StringComparison.OrdinalIgnoreCase) && !locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }

    private static void CheckCombinations(AgentSettings settings, List<string> problems)
    {
        if (settings.Since >= settings.Until)
        {
            problems.Add(
                $"OSO_SNAPSHOT_SINCE ({settings.Since:u}) must lie before OSO_SNAPSHOT_UNTIL ({settings.Until:u}).");
        }

        // Not printed: what follows the colon may well be the password.
        if (settings.Username is { } user && (user.Contains(':', StringComparison.Ordinal) || user.Any(char.IsControl)))
        {
            problems.Add(
                "OSO_SNAPSHOT_USERNAME must hold neither ':' nor a control character (RFC 7617);"
                + " the password goes into the file that OSO_SNAPSHOT_PASSWORD_FILE names.");
        }

        if (settings.Username is null != settings.PasswordFile is null)
        {
            problems.Add("OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE go together: set both or none.");
        }

        if (settings.Username is not null && settings.BearerTokenFile is not null)
        {
            problems.Add(
                "OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_BEARER_TOKEN_FILE exclude each other: set one of them.");
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

    // The root itself is neither a data directory nor a file.
    private static bool TryAbsolutePath(string text, out string path)
    {
        path = text.TrimEnd('/');
        return path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) && Path.GetFullPath(path) != "/";
    }

    private static bool TryHold(string text, out TimeSpan hold)
    {
        hold = Timeout.InfiniteTimeSpan;
        return text.Equals("forever", StringComparison.OrdinalIgnoreCase) || Durations.TryParse(text, out hold);
    }

    private static bool TryPositiveDuration(string text, out TimeSpan duration) =>
        Durations.TryParse(text, out duration) && duration > TimeSpan.Zero;

    private static bool TryPositiveSize(string text, out long bytes) =>
        ByteSize.TryParse(text, out bytes) && bytes >= 1024 * 1024;

    private static bool TryPointInTime(string text, DateTimeOffset now, out DateTimeOffset point)
    {
        if (Durations.TryParse(text, out TimeSpan back))
        {
            point = now - back;
            return true;
        }

        return TryTime(text, out point);
    }

    // RFC 3339 asks for an offset; without one the text could mean the operator's zone or UTC.
    private static bool TryTime(string text, out DateTimeOffset point) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out point)
        && text.Contains('T', StringComparison.OrdinalIgnoreCase)
        && (text.EndsWith('Z') || text.EndsWith('z')
            || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.OrdinalIgnoreCase));

    // RFC 1123, as Kubernetes checks it.
    private static bool TryContainerName(string text, out string name)
    {
        name = text;
        return text.Length <= 63 && text[0] != '-' && text[^1] != '-'
            && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
    }

    private static TryParse<int> Within(int lowest, int highest) => (string text, out int number) =>
        int.TryParse(
            text,
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out number) && number >= lowest && number <= highest;
}

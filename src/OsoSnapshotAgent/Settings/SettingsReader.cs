using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>Reads the environment into <see cref="AgentSettings"/>, or reports all problems at once.</summary>
internal static class SettingsReader
{
    private const string Prefix = "OSO_SNAPSHOT_";

    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>; it names each variable, its value
    /// and its rule.</exception>
    public static AgentSettings Read(IReadOnlyDictionary<string, string> variables, TimeProvider time)
    {
        VariableReader reader = new(variables);
        AgentSettings settings = ReadConnection(reader, ReadArchive(reader, ReadRun(reader), time.GetUtcNow())) with
        {
            Ascii = Ascii(reader, variables),
        };
        CheckCombinations(settings, reader.Problems);
        ThrowOnProblems(reader);
        const string Ignored = " is not a setting of this program and was ignored. Is it misspelt?";
        return settings with
        {
            Given = reader.Given,
            Warnings = [.. reader.Unknown(Prefix).Select(name => Printable.Short(name) + Ignored)],
        };
    }

    /// <summary>
    /// Reads one setting for verbs that need no more: a mistake in another setting must not stop them.
    /// </summary>
    /// <returns>null if the agent has to find it.</returns>
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

    private static AgentSettings ReadRun(VariableReader reader) => new()
    {
        Mode = Mode(removes: reader.YesNo("REMOVE"), archives: reader.YesNo(Prefix + "ARCHIVE", isByDefault: true)),
        DataDirectory = DataDirectory(reader),
        Hold = reader.Value<TimeSpan>(Prefix + "HOLD", SettingParsers.TryHold, $"{Durations.Rule}, or 0, or forever"),
        Client = reader.Reference<string>(
            Prefix + "CLIENT",
            SettingParsers.TryContainerName,
            "the name of a container, such as oso-snapshot-20261121-091649-27750"),
        StartBefore = reader.Value<DateTimeOffset>(
            Prefix + "START_BEFORE",
            SettingParsers.TryTime,
            "a time such as 2025-08-20T16:00:00Z"),
    };

    private static RunMode Mode(bool removes, bool archives)
    {
        if (removes)
        {
            return RunMode.Remove;
        }

        return archives ? RunMode.Take : RunMode.HoldBlocks;
    }

    private static AgentSettings ReadArchive(VariableReader reader, AgentSettings settings, DateTimeOffset now)
    {
        const string PointRule = Durations.Rule + " (back from now), or a time such as 2025-08-20T16:00:00Z";
        return settings with
        {
            SkipHead = reader.YesNo(Prefix + "SKIP_HEAD"),
            Since = reader.Value<DateTimeOffset>(Prefix + "SINCE", TryPoint, PointRule),
            Until = reader.Value<DateTimeOffset>(Prefix + "UNTIL", TryPoint, PointRule),
            Reserve = reader.Value<Reserve>(Prefix + "RESERVE", Reserve.TryParse, Reserve.Rule) ?? Reserve.Default,
            Workers = reader.Value(Prefix + "WORKERS", SettingParsers.Within(1, 256), "a number from 1 to 256")
                ?? settings.Workers,
            Level = reader.Value(Prefix + "LEVEL", SettingParsers.Within(1, 9), "a number from 1 to 9"),
            RateLimitBytesPerSecond = reader.Value<long>(
                Prefix + "RATE_LIMIT",
                SettingParsers.TryPositiveSize,
                ByteSize.Rule + " (bytes per second, at least 1MiB)"),
            Pace = reader.Value<PaceMode>(Prefix + "PACE", SettingParsers.TryPace, "polite or full") ?? settings.Pace,
        };

        bool TryPoint(string text, out DateTimeOffset point) => SettingParsers.TryPointInTime(text, now, out point);
    }

    private static AgentSettings ReadConnection(VariableReader reader, AgentSettings settings) => settings with
    {
        ServiceName = reader.Reference<string>(
            "OSO_PROMETHEUS_SERVICE_NAME",
            SettingParsers.TryHost,
            "a host name such as oso-p-prom-svr, with :port if that is not 80 (for a whole URL set OSO_SNAPSHOT_URL)"),
        ClusterNamePrefix = reader.Reference<string>(
            "CLUSTER_NAME_PREFIX",
            SettingParsers.TryPathSegments,
            "the first segment of the URL's path, such as occne3-n2"),
        Url = reader.Reference<Uri>(
            Prefix + "URL",
            SettingParsers.TryUrl,
            "a base URL such as https://prom:9090/prefix, without user, query or fragment"),
        RequestTimeout = reader.Value<TimeSpan>(Prefix + "TIMEOUT", SettingParsers.TryPositiveDuration, Durations.Rule)
            ?? settings.RequestTimeout,
        CaFile = File(reader, "CA_FILE"),
        CertificateFile = File(reader, "CERT_FILE"),
        KeyFile = File(reader, "KEY_FILE"),
        Username = reader.Text(Prefix + "USERNAME"),
        PasswordFile = File(reader, "PASSWORD_FILE"),
        BearerTokenFile = File(reader, "BEARER_TOKEN_FILE"),
        Insecure = reader.YesNo(Prefix + "INSECURE"),
    };

    private static string? File(VariableReader reader, string name) =>
        reader.Reference<string>(Prefix + name, SettingParsers.TryAbsolutePath, "the absolute path of a file");

    private static bool Ascii(VariableReader reader, IReadOnlyDictionary<string, string> variables) =>
        reader.YesNo(Prefix + "ASCII") || IsAsciiLocale(variables);

    private static string? DataDirectory(VariableReader reader) => reader.Reference<string>(
        Prefix + "DATA_DIR",
        SettingParsers.TryAbsolutePath,
        "an absolute path as the agent sees it, such as /proc/1/root/data, and not the root");

    private static void ThrowOnProblems(VariableReader reader)
    {
        if (reader.Problems.Count > 0)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                string.Join('\n', reader.Problems),
                "Correct the variables and start again (kubectl debug … --env NAME=value). Nothing was touched.");
        }
    }

    // By locale(7), the first of these that is set counts. A bare container sets none, and its log is read
    // on another machine.
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

        // The value is not printed: the text after the colon may be the password.
        if (settings.Username is { } user && (user.Contains(':', StringComparison.Ordinal) || user.Any(char.IsControl)))
        {
            problems.Add(
                "OSO_SNAPSHOT_USERNAME must hold neither ':' nor a control character (RFC 7617)."
                + " The password goes into the file that OSO_SNAPSHOT_PASSWORD_FILE names.");
        }

        if (settings.Username is null != settings.PasswordFile is null)
        {
            problems.Add("OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE go together: set both or none.");
        }

        if (settings.CertificateFile is null != settings.KeyFile is null)
        {
            problems.Add("OSO_SNAPSHOT_CERT_FILE and OSO_SNAPSHOT_KEY_FILE go together: set both or none.");
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
}

using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>
/// Reads the environment into <see cref="AgentSettings"/>, or reports all problems at once. An empty variable counts as
/// not set: <c>kubectl --env NAME=</c> makes one.
/// </summary>
internal static class SettingsReader
{
    private const string Prefix = "OSO_SNAPSHOT_";

    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>; it names each variable, its value
    /// and its rule.</exception>
    public static AgentSettings Read(IReadOnlyDictionary<string, string> variables, TimeProvider time)
    {
        List<string> problems = [];
        AgentSettings settings = Apply(
            SettingsTable.All,
            variables,
            new() { ReadAt = time.GetUtcNow(), Ascii = IsAsciiLocale(variables) },
            problems);
        CheckCombinations(settings, problems);
        ThrowOn(problems);
        const string Ignored = " is not a setting of this program and was ignored. Is it misspelt?";
        return settings with
        {
            Given =
            [
                .. SettingsTable.All.Where(setting => Text(variables, setting) is not null)
                    .OrderBy(setting => setting.Name, StringComparer.Ordinal)
                    .Select(setting => $"{setting.Name}={Printable.Short(Text(variables, setting)!)}"),
            ],
            Warnings = [.. Unknown(variables).Select(name => Printable.Short(name) + Ignored)],
        };
    }

    /// <summary>
    /// Reads one setting for verbs that need no more: a mistake in another setting must not stop them.
    /// </summary>
    /// <returns>null if the agent has to find it.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>.</exception>
    public static string? ReadDataDirectory(IReadOnlyDictionary<string, string> variables) =>
        ReadOnly(SettingsTable.DataDirectory, variables, new()).DataDirectory;

    /// <inheritdoc cref="ReadDataDirectory" path="/summary"/>
    /// <inheritdoc cref="ReadDataDirectory" path="/exception"/>
    public static bool ReadAscii(IReadOnlyDictionary<string, string> variables) =>
        ReadOnly(SettingsTable.Ascii, variables, new() { Ascii = IsAsciiLocale(variables) }).Ascii;

    private static AgentSettings ReadOnly(
        Setting setting,
        IReadOnlyDictionary<string, string> variables,
        AgentSettings settings)
    {
        List<string> problems = [];
        settings = Apply([setting], variables, settings, problems);
        ThrowOn(problems);
        return settings;
    }

    private static AgentSettings Apply(
        IEnumerable<Setting> table,
        IReadOnlyDictionary<string, string> variables,
        AgentSettings settings,
        List<string> problems)
    {
        foreach (Setting setting in table)
        {
            if (Text(variables, setting) is not { } text)
            {
                continue;
            }

            if (setting.Apply(settings, text) is { } changed)
            {
                settings = changed;
            }
            else
            {
                problems.Add($"{setting.Name}='{Printable.Short(WithoutPassword(text))}': must be {setting.Rule}.");
            }
        }

        return settings;
    }

    private static string? Text(IReadOnlyDictionary<string, string> variables, Setting setting) =>
        variables.TryGetValue(setting.Name, out string? text) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    // Every user who may read the pod's logs sees the message.
    private static string WithoutPassword(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int user = scheme < 0 ? 0 : scheme + 3;
        int host = text.LastIndexOf('@');
        return host > user && (scheme >= 0 || text.AsSpan(0, host).Contains(':'))
            ? $"{text.AsSpan(0, user)}***{text.AsSpan(host)}"
            : text;
    }

    // Variables with our prefix that are no settings are probably misspelt.
    private static IEnumerable<string> Unknown(IReadOnlyDictionary<string, string> variables) => variables.Keys
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !IsServiceLink(name)
            && SettingsTable.All.All(setting => setting.Name != name))
        .Order(StringComparer.Ordinal);

    // Kubernetes sets these for every Service of the namespace. A Service named "oso-snapshot" gives OSO_SNAPSHOT_PORT.
    private static bool IsServiceLink(string name) =>
        name.Contains("_SERVICE_HOST", StringComparison.Ordinal)
        || name.Contains("_SERVICE_PORT", StringComparison.Ordinal)
        || name.EndsWith("_PORT", StringComparison.Ordinal) || name.Contains("_PORT_", StringComparison.Ordinal);

    private static void ThrowOn(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                string.Join('\n', problems),
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

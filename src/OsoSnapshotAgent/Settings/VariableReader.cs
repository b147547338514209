using System.Diagnostics.CodeAnalysis;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>Parses the value of a variable. It returns false if the text has the wrong form.</summary>
internal delegate bool TryParse<T>(string text, out T value);

/// <summary>
/// Reads the environment variables and collects all problems, so that one run reports them all. An empty variable
/// counts as not set: <c>kubectl --env NAME=</c> makes one.
/// </summary>
internal sealed class VariableReader(IReadOnlyDictionary<string, string> variables)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public List<string> Problems { get; } = [];

    /// <summary>The variables that were read and are set, with their values.</summary>
    public IReadOnlyList<string> Given =>
    [
        .. _known.Where(name => Text(name) is not null)
            .Order(StringComparer.Ordinal)
            .Select(name => $"{name}={Printable.Short(Text(name)!)}"),
    ];

    public string? Text(string name)
    {
        _known.Add(name);
        return variables.TryGetValue(name, out string? text) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
    }

    public T? Value<T>(string name, TryParse<T> parse, string rule)
        where T : struct
        => TryValue(name, parse, rule, out T value) ? value : null;

    public T? Reference<T>(string name, TryParse<T> parse, string rule)
        where T : class
        => TryValue(name, parse, rule, out T? value) ? value : null;

    public bool YesNo(string name, bool isByDefault = false)
    {
        return Value<bool>(name, TryYesNo, "yes, no, true or false") ?? isByDefault;

        static bool TryYesNo(string text, out bool value)
        {
            value = text.Equals("yes", StringComparison.OrdinalIgnoreCase) || text.Equals(
                "true",
                StringComparison.OrdinalIgnoreCase);
            return value || text.Equals("no", StringComparison.OrdinalIgnoreCase) || text.Equals(
                "false",
                StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>The variables with our prefix that the agent has not read: they are probably misspelt.</summary>
    public IReadOnlyList<string> Unknown(string prefix) =>
    [
        .. variables.Keys
            .Where(
                name =>
                    name.StartsWith(prefix, StringComparison.Ordinal) && !_known.Contains(name) && !IsServiceLink(name))
            .Order(StringComparer.Ordinal),
    ];

    // Kubernetes sets these for every Service of the namespace. A Service named "oso-snapshot" gives OSO_SNAPSHOT_PORT.
    private static bool IsServiceLink(string name) =>
        name.Contains(
            "_SERVICE_HOST",
            StringComparison.Ordinal) || name.Contains("_SERVICE_PORT", StringComparison.Ordinal)
        || name.EndsWith("_PORT", StringComparison.Ordinal) || name.Contains("_PORT_", StringComparison.Ordinal);

    private bool TryValue<T>(string name, TryParse<T> parse, string rule, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (Text(name) is not { } text)
        {
            return false;
        }

        if (parse(text, out value))
        {
            return true;
        }

        Problems.Add($"{name}='{Printable.Short(WithoutPassword(text))}': must be {rule}.");
        return false;
    }

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
}

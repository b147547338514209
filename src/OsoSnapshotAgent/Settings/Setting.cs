namespace OsoSnapshotAgent.Settings;

/// <summary>Parses the value of a variable. It returns false if the text has the wrong form.</summary>
internal delegate bool TryParse<T>(string text, out T value);

/// <summary>A variable of the environment: all that the agent and its help know of it.</summary>
/// <param name="Name">Such as <c>OSO_SNAPSHOT_HOLD</c>.</param>
/// <param name="Value">The form of the value, as the help shows it: <c>DURATION|0|forever</c>.</param>
/// <param name="Rule">What the value must be, in words.</param>
/// <param name="Apply">Puts the value into the settings; null if it breaks the rule.</param>
/// <param name="Help">Lines of sentences.</param>
internal sealed record Setting(
    string Name,
    string Value,
    string Rule,
    Func<AgentSettings, string, AgentSettings?> Apply,
    IReadOnlyList<string> Help);

/// <summary>What variables with the same kind of value share.</summary>
internal sealed record SettingKind<T>(string Value, string Rule, TryParse<T> Parse)
{
    public Setting Named(string name, Func<AgentSettings, T, AgentSettings> set, params string[] help) =>
        new(name, Value, Rule, (settings, text) => Parse(text, out T value) ? set(settings, value) : null, help);
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class SettingsHelpTests
{
    [Fact]
    public void Names_exactly_the_variables_that_are_read()
    {
        AskedVariables variables = new();
        SettingsReader.Read(variables, TimeProvider.System);

        // The help leaves out the locale, which is a setting of the system: locale(7).
        IEnumerable<string> read = variables.Asked.Except(["LC_ALL", "LC_CTYPE", "LANG"]);
        IEnumerable<string> named = SettingsHelp.Text.Split('\n')
            .Where(line => line.Contains('=', StringComparison.Ordinal))
            .Select(line => line.Trim().Split('=')[0]);
        Assert.Equal(read.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Fits_a_terminal_of_120_columns()
    {
        string[] lines = SettingsHelp.Text.TrimEnd('\n').Split('\n');

        Assert.Equal("Environment:", lines[0]);
        Assert.All(lines.Skip(1), line => Assert.Matches("^(  [A-Z_]+=[^ ]+|      [^ ].*[.])$", line));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 120));
    }

    /// <summary>An environment without variables, which records the names that were asked for.</summary>
    private sealed class AskedVariables : IReadOnlyDictionary<string, string>
    {
        public HashSet<string> Asked { get; } = new(StringComparer.Ordinal);

        public int Count => 0;

        public IEnumerable<string> Keys => [];

        public IEnumerable<string> Values => [];

        public string this[string key] => throw new KeyNotFoundException(key);

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
        {
            Asked.Add(key);
            value = null;
            return false;
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
        {
            yield break;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

using System.CommandLine;

namespace OsoSnapshotClient.Cli;

/// <summary>
/// Completes words for kubectl, which runs kubectl_complete-oso_snapshot: one suggestion per line, then a directive
/// (kubectl, pkg/cmd/plugin/plugin_completion.go; cobra, ShellCompDirective).
/// </summary>
internal static class Completion
{
    /// <summary>The first word of a command line that asks for completion.</summary>
    public const string Word = "__complete";

    private const string NoFiles = ":4";
    private const string Files = ":0";

    /// <param name="words">The words after the plugin's name. The last one is being typed, and may be empty.</param>
    public static int Run(RootCommand root, IReadOnlyList<string> words, TextWriter output)
    {
        string typed = words.LastOrDefault(string.Empty);
        string line = string.Join(
            ' ', words.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
        string[] suggestions =
        [
            .. Complete(root, line).Where(text => text.StartsWith(typed, StringComparison.Ordinal)
                && (typed.StartsWith('-') || !text.StartsWith('-')) && text is not ("-?" or "/?" or "/h")),
        ];
        foreach (string suggestion in suggestions)
        {
            output.WriteLine(suggestion);
        }

        output.WriteLine(suggestions.Length > 0 ? NoFiles : Files);
        return 0;
    }

    private static IEnumerable<string> Complete(RootCommand root, string line)
    {
        try
        {
            return [.. root.Parse(line).GetCompletions(line.Length).Select(item => item.InsertText ?? item.Label)];
        }
        catch (InvalidOperationException)
        {
            // The library does not find the word again in a line that ends with --since=24h.
            return [];
        }
    }
}

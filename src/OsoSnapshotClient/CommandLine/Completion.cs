using System.CommandLine;

namespace OsoSnapshotClient.CommandLine;

/// <summary>
/// Answers kubectl, which runs kubectl_complete-oso_snapshot with the words so far: a suggestion a line, then a
/// directive (kubectl, pkg/cmd/plugin/plugin_completion.go; cobra, ShellCompDirective).
/// </summary>
internal static class Completion
{
    /// <summary>The first word of the command line that asks for it.</summary>
    public const string Word = "__complete";

    private const string NoFiles = ":4";
    private const string Files = ":0";

    /// <param name="words">Those after the plugin's name; the last one is being typed, and may be empty.</param>
    public static int Run(RootCommand root, IReadOnlyList<string> words, TextWriter output)
    {
        string typed = words.LastOrDefault(string.Empty);
        string line = string.Join(
            ' ', words.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
        string[] suggestions =
        [
            .. root.Parse(line).GetCompletions(line.Length).Select(item => item.InsertText ?? item.Label)
                .Where(text => text.StartsWith(typed, StringComparison.Ordinal)
                    && (typed.StartsWith('-') || !text.StartsWith('-')) && text is not ("-?" or "/?" or "/h")),
        ];
        foreach (string suggestion in suggestions)
        {
            output.WriteLine(suggestion);
        }

        output.WriteLine(suggestions.Length > 0 ? NoFiles : Files);
        return 0;
    }
}

namespace OsoSnapshotCore.Text;

/// <summary>
/// Makes words from outside safe for a terminal and a log: it removes escape sequences, and cuts what is too long.
/// </summary>
internal static class Printable
{
    private const int MaxLineLetters = 1000;
    private const int MaxShortLetters = 200;

    /// <param name="keepsLines">Whether newlines stay, for a text of several lines.</param>
    public static string Text(string text, bool keepsLines = false)
    {
        if (text.Length > MaxLineLetters)
        {
            return keepsLines && text.Contains('\n', StringComparison.Ordinal)
                ? string.Join('\n', text.Split('\n').Select(line => Text(line)))
                : Cut(text, MaxLineLetters);
        }

        return Clean(text, keepsLines);
    }

    /// <summary>Cuts a value that stands in a sentence, such as an option's or a setting's.</summary>
    public static string Short(string text) => Cut(text, MaxShortLetters);

    private static string Cut(string text, int maxLetters) => text.Length <= maxLetters
        ? Clean(text, keepsLines: false)
        : $"{Clean(text[..(char.IsHighSurrogate(text[maxLetters - 1]) ? maxLetters - 1 : maxLetters)], keepsLines: false)}"
            + $"… ({text.Length} characters)";

    private static string Clean(string text, bool keepsLines) =>
        text.Any(char.IsControl)
            ? string.Concat(
                text.Select(letter => char.IsControl(letter) && !(keepsLines && letter == '\n') ? ' ' : letter))
            : text;
}

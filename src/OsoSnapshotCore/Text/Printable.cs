using System.Globalization;
using System.Text;

namespace OsoSnapshotCore.Text;

/// <summary>
/// Makes words from outside safe for a terminal and a log: it removes escape sequences and invisible letters, and cuts
/// what is too long.
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

    /// <summary>Makes one line of a text, whole.</summary>
    public static string Line(string text) => Clean(text, keepsLines: false);

    /// <summary>Cuts a value that stands in a sentence, such as an option's or a setting's.</summary>
    public static string Short(string text, int maxLetters = MaxShortLetters) => Cut(text, maxLetters);

    private static string Cut(string text, int maxLetters) => text.Length <= maxLetters
        ? Clean(text, keepsLines: false)
        : $"{Clean(text[..(char.IsHighSurrogate(text[maxLetters - 1]) ? maxLetters - 1 : maxLetters)], keepsLines: false)}"
            + $"… ({text.Length} characters)";

    private static string Clean(string text, bool keepsLines)
    {
        if (text.All(letter => letter is >= ' ' and <= '~'))
        {
            return text;
        }

        // A surrogate without its other half becomes U+FFFD.
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            clean.Append(IsVisible(rune) || (keepsLines && rune.Value == '\n') ? rune.ToString() : " ");
        }

        return clean.ToString();
    }

    // Letters of the category Format turn the direction of a line around, or hide what stands between them.
    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

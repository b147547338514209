namespace OsoSnapshotCore.Text;

/// <summary>Makes a server's words or a file's name safe for a terminal by removing escape sequences.</summary>
internal static class Printable
{
    /// <param name="keepsLines">Whether newlines stay, for a text of several lines.</param>
    public static string Text(string text, bool keepsLines = false) =>
        text.Any(char.IsControl)
            ? string.Concat(
                text.Select(letter => char.IsControl(letter) && !(keepsLines && letter == '\n') ? ' ' : letter))
            : text;
}

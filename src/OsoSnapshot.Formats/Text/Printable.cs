namespace OsoSnapshot.Formats.Text;

/// <summary>Makes a server's words, a file or a file's name safe for a terminal: it removes escape sequences.</summary>
internal static class Printable
{
    /// <param name="keepsLines">Whether newlines stay, where the text is made of several.</param>
    public static string Text(string text, bool keepsLines = false) =>
        text.Any(char.IsControl)
            ? string.Concat(
                text.Select(letter => char.IsControl(letter) && !(keepsLines && letter == '\n') ? ' ' : letter))
            : text;
}

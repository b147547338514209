namespace OsoSnapshot.Formats.Text;

/// <summary>What a server, a file or a file's name says goes to a terminal: no escape sequences.</summary>
internal static class Printable
{
    /// <param name="keepsLines">Whether newlines stay, where the text is made of several.</param>
    public static string Text(string text, bool keepsLines = false) =>
        text.Any(char.IsControl)
            ? string.Concat(
                text.Select(letter => char.IsControl(letter) && !(keepsLines && letter == '\n') ? ' ' : letter))
            : text;
}

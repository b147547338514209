namespace OsoSnapshotCore.Text;

/// <summary>Reads the lines of an untrusted text. An endless line can't fill the memory.</summary>
internal static class BoundedLines
{
    /// <summary>The agent's own lines have some hundred letters at most.</summary>
    public const int MaxLetters = 4096;

    /// <returns>The lines without their ends. A line that is too long is cut and gets a mark.</returns>
    public static IEnumerable<string> Read(TextReader text)
    {
        char[] letters = new char[MaxLetters];
        int count = 0;
        bool isCut = false;
        int next;
        while ((next = text.Read()) >= 0)
        {
            if (next == '\n')
            {
                yield return Line();
                (count, isCut) = (0, false);
            }
            else if (count < letters.Length)
            {
                letters[count++] = (char)next;
            }
            else
            {
                isCut = true;
            }
        }

        if (count > 0)
        {
            yield return Line();
        }

        string Line() => new string(letters, 0, count) + (isCut ? " … (the line is longer)" : string.Empty);
    }
}

using System.Text;

namespace OsoSnapshotCore.Text;

/// <summary>Reads the lines of an untrusted text. An endless line can't fill the memory.</summary>
internal static class BoundedLines
{
    /// <summary>The agent's own lines have some hundred letters at most.</summary>
    public const int MaxLetters = 4096;

    /// <returns>The lines without their ends. A line that is too long is cut and gets a mark.</returns>
    public static IEnumerable<string> Read(TextReader text)
    {
        LineBuffer buffer = new(MaxLetters);
        int next;
        while ((next = text.Read()) >= 0)
        {
            if (buffer.Add((char)next) is { } line)
            {
                yield return line;
            }
        }

        if (buffer.Rest() is { } rest)
        {
            yield return rest;
        }
    }

    /// <summary>Reads whole lines: what follows the last line's end belongs to a connection that broke.</summary>
    /// <returns>The lines without their ends. A line that is too long is cut and gets a mark.</returns>
    public static async IAsyncEnumerable<string> ReadAsync(TextReader text, int maxLetters = MaxLetters)
    {
        LineBuffer buffer = new(maxLetters);
        char[] piece = new char[MaxLetters];
        int count;
        while ((count = await text.ReadAsync(piece)) > 0)
        {
            for (int position = 0; position < count; position++)
            {
                if (buffer.Add(piece[position]) is { } line)
                {
                    yield return line;
                }
            }
        }
    }

    private sealed class LineBuffer(int maxLetters)
    {
        private readonly StringBuilder _letters = new();
        private bool _isCut;

        /// <returns>The line that this letter ends; otherwise null.</returns>
        public string? Add(char letter)
        {
            if (letter == '\n')
            {
                return Take();
            }

            if (_letters.Length < maxLetters)
            {
                _letters.Append(letter);
            }
            else
            {
                _isCut = true;
            }

            return null;
        }

        public string? Rest() => _letters.Length > 0 ? Take() : null;

        private string Take()
        {
            string line = _letters + (_isCut ? " … (the line is longer)" : string.Empty);
            _letters.Clear();
            _isCut = false;
            return line;
        }
    }
}

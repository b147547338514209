namespace OsoSnapshotAgent.Output;

/// <summary>
/// The console lines of a run, for <c>oso-snapshot follow</c>. Over the limit, the oldest are dropped. Any thread may
/// use it.
/// </summary>
internal sealed class RunLog(ChangeSignal changes)
{
    // A run has some 60 lines of 100 characters, and one more in five seconds.
    private const int MaxLetters = 2 << 20;
    private const int BatchLines = 256;

    private readonly Queue<string> _lines = new();
    private long _position;
    private int _letters;

    /// <param name="text">One or more lines.</param>
    public void Add(string text)
    {
        lock (_lines)
        {
            foreach (string line in text.Split('\n'))
            {
                _lines.Enqueue(line);
                _letters += line.Length + 1;
                _position++;
            }

            while (_letters > MaxLetters && _lines.Count > 1)
            {
                _letters -= _lines.Dequeue().Length + 1;
            }
        }

        changes.Pulse();
    }

    /// <returns>Some lines after a position, each with the number of lines up to and including it.</returns>
    public IReadOnlyList<(long Position, string Line)> After(long position)
    {
        lock (_lines)
        {
            long dropped = _position - _lines.Count;
            int skipped = (int)Math.Clamp(position - dropped, 0, _lines.Count);
            long first = dropped + skipped + 1;
            return [.. _lines.Skip(skipped).Take(BatchLines).Select((line, index) => (first + index, line))];
        }
    }
}

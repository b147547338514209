namespace OsoSnapshotCore.Streams;

/// <summary>Counts the bytes written to a file, for a reader that follows the writer.</summary>
internal sealed class WrittenBytes
{
    private readonly object _lock = new();
    private long _count;
    private bool _isComplete;

    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    public void Advance(long count)
    {
        lock (_lock)
        {
            _count += count;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Ends the count: the file is complete, or writing failed.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until there are bytes after a position.</summary>
    /// <returns>The number of bytes after that position; 0 at the end.</returns>
    public long WaitAfter(long position)
    {
        lock (_lock)
        {
            while (_count <= position && !_isComplete)
            {
                Monitor.Wait(_lock);
            }

            return _count - position;
        }
    }
}

namespace OsoSnapshot.Formats.Streams;

/// <summary>How far a file is written, for a reader that follows the writer.</summary>
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

    /// <summary>No more bytes follow: the file is whole, or writing failed.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for bytes after a position.</summary>
    /// <returns>How many there are by now; 0 at the end.</returns>
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

namespace OsoSnapshotAgent.Archive;

/// <summary>How far a file is written, for a reader that follows close behind.</summary>
internal sealed class WrittenBytes
{
    private readonly object _lock = new();
    private long _count;
    private bool _ended;

    public void Advance(long count)
    {
        lock (_lock)
        {
            _count += count;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>No more will come, be it that the file is whole or that writing failed.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for bytes behind a position.</summary>
    /// <returns>How many there are by now; 0 at the end.</returns>
    public long WaitBehind(long position)
    {
        lock (_lock)
        {
            while (_count <= position && !_ended)
            {
                Monitor.Wait(_lock);
            }

            return _count - position;
        }
    }
}

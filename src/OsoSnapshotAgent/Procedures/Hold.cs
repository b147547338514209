using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>
/// The hold for the copy, as the procedure and the verbs see it. A removal that a verb has begun is complete before the
/// hold ends.
/// </summary>
internal sealed class Hold
{
    private readonly object _lock = new();
    private volatile DataDirectory? _data;
    private volatile bool _isRemoving;
    private volatile bool _isReleased;

    /// <summary>The archive is finished; the agent waits for the operator alone.</summary>
    public bool IsHolding => _data is not null;

    public bool IsRemoving => _isRemoving;

    /// <summary>Asked for by <c>oso-snapshot release</c>: the hold ends.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>Whether an archive is held, and not only a snapshot.</summary>
    public bool HasArchive { get; private set; }

    /// <param name="data">The directory of what is held.</param>
    public void Begin(DataDirectory data, bool hasArchive = true) => (HasArchive, _data) = (hasArchive, data);

    public void Release() => _isReleased = true;

    /// <returns>Where the artefacts lie; null where there is no hold, or no longer.</returns>
    public DataDirectory? TryBeginRemoval()
    {
        lock (_lock)
        {
            if (_isReleased || _isRemoving || _data is not { } data)
            {
                return null;
            }

            _isRemoving = true;
            return data;
        }
    }

    public void EndRemoval()
    {
        lock (_lock)
        {
            _isRemoving = false;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for a removal, and lets no other begin.</summary>
    /// <param name="token">Ends the wait: the removal then ends with the process.</param>
    public void End(CancellationToken token)
    {
        using CancellationTokenRegistration wakes = token.Register(() =>
        {
            lock (_lock)
            {
                Monitor.PulseAll(_lock);
            }
        });
        lock (_lock)
        {
            while (_isRemoving && !token.IsCancellationRequested)
            {
                Monitor.Wait(_lock);
            }

            _data = null;
        }
    }
}

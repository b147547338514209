using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// The hold for the copy, which the run and the verbs share. A removal that a verb has begun is completed before
/// the hold ends.
/// </summary>
internal sealed class HoldState
{
    private readonly object _lock = new();
    private volatile DataDirectory? _data;
    private volatile bool _isRemoving;
    private volatile bool _isReleased;

    /// <summary>True if the archive is finished and the agent only waits for the operator.</summary>
    public bool IsHolding => _data is not null;

    public bool IsRemoving => _isRemoving;

    /// <summary>True after <c>oso-snapshot release</c>, which ends the hold.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>True if a verb has removed what was held.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>Whether an archive is held, and not only a snapshot.</summary>
    public bool HasArchive { get; private set; }

    /// <param name="data">The directory of what is held.</param>
    public void Begin(DataDirectory data, bool hasArchive = true) => (HasArchive, _data) = (hasArchive, data);

    /// <param name="isRemoved">Whether what was held is removed.</param>
    public void Release(bool isRemoved = false)
    {
        IsRemoved |= isRemoved;
        _isReleased = true;
        WakeAll();
    }

    /// <summary>Waits for <see cref="Release"/>, a signal or the end of the time; may return earlier.</summary>
    public void AwaitRelease(TimeSpan limit, CancellationToken token)
    {
        using CancellationTokenRegistration wakes = token.Register(WakeAll);
        lock (_lock)
        {
            if (!_isReleased && !token.IsCancellationRequested)
            {
                Monitor.Wait(_lock, limit);
            }
        }
    }

    /// <returns>The data directory of the artefacts; null if there is no hold, or a removal is at work.</returns>
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
        _isRemoving = false;
        WakeAll();
    }

    /// <summary>Waits for a removal, and lets no other one begin.</summary>
    /// <param name="token">Ends the wait. The removal then ends with the process.</param>
    public void End(CancellationToken token)
    {
        using CancellationTokenRegistration wakes = token.Register(WakeAll);
        lock (_lock)
        {
            while (_isRemoving && !token.IsCancellationRequested)
            {
                Monitor.Wait(_lock);
            }

            _data = null;
        }
    }

    private void WakeAll()
    {
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }
}

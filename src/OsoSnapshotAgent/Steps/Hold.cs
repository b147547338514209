namespace OsoSnapshotAgent.Steps;

/// <summary>The hold for the copy, as the procedure and the verbs see it. A removal that a verb has begun is over before the hold ends.</summary>
internal sealed class Hold
{
    private readonly object _lock = new();
    private volatile bool _isHolding;
    private volatile bool _isRemoving;
    private volatile bool _isReleased;

    /// <summary>The archive is finished, and nothing but the operator is waited for.</summary>
    public bool IsHolding => _isHolding;

    public bool IsRemoving => _isRemoving;

    /// <summary>Asked for by <c>oso-snapshot release</c>: the hold ends.</summary>
    public bool IsReleased => _isReleased;

    public void Begin() => _isHolding = true;

    public void Release() => _isReleased = true;

    /// <returns>false where there is no hold, or no longer.</returns>
    public bool TryBeginRemoval()
    {
        lock (_lock)
        {
            return _isHolding && !_isReleased && !_isRemoving && (_isRemoving = true);
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

            _isHolding = false;
        }
    }
}

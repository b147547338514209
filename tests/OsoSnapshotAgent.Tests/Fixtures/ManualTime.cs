namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// A clock that tests advance. A wait of up to 20 s (a backoff) ends at once and advances the clock by its length.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2025, 8, 20, 16, 51, 1, TimeSpan.Zero);

    private static readonly TimeSpan LongestSkipped = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = Start;
    private TimeSpan _wallAhead;

    /// <summary>Called for each wait that ends at once.</summary>
    public Action? OnSkip { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now + _wallAhead;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _now.Ticks;
        }
    }

    /// <summary>Sets only the wall clock, as an administrator or NTP does.</summary>
    public void SetWallClock(TimeSpan ahead)
    {
        lock (_lock)
        {
            _wallAhead = ahead;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances the clock and ends the waits that are then over.</summary>
    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (_lock)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.DueAt <= _now)];
            _timers.RemoveAll(due.Contains);
        }

        foreach (ManualTimer timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private volatile bool _disposed;

        public DateTimeOffset DueAt { get; private set; }

        public void Fire() => ThreadPool.QueueUserWorkItem(_ =>
        {
            if (!_disposed)
            {
                callback();
            }
        });

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                if (dueTime > LongestSkipped)
                {
                    DueAt = time._now + dueTime;
                    time._timers.Add(this);
                    return true;
                }

                time._now += dueTime;
            }

            time.OnSkip?.Invoke();
            Fire();
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

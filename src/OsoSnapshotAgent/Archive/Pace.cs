using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Pauses the compression workers while Prometheus' threads wait longer for a CPU than they do without them. Reader,
/// writer and verifier then wait for the workers.
/// </summary>
/// <remarks>
/// The kernel's priorities don't do it: in a pod with a CPU limit they share the quota, and what the agent takes is
/// missing later. SCHED_IDLE was measured beside this: the p50 of queries was the same, the p99 worse.
/// </remarks>
internal sealed class Pace(CpuWait wait, TimeProvider time)
{
    /// <summary>With the pauses for the baseline, a run keeps more than 20 % of its speed, so it always ends.</summary>
    internal const double MinShare = 0.22;

    // Seconds of waiting per second, over all threads. An idle Prometheus beside a run at full speed shows less.
    private const double IdleWaitRate = 0.08;

    // A fast way down and a slow way up, as TCP does it (RFC 5681, section 3.1).
    private const double Down = 0.5;
    private const double Up = 0.03;

    // The period of a CPU quota: sched-bwc.rst.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    // Short against a query, long against the resolution of a timer.
    private static readonly TimeSpan MinWork = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(100);

    // Queries come and go, so what is normal is measured again.
    private static readonly TimeSpan BaselinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BaselineLifetime = TimeSpan.FromSeconds(15);

    private readonly object _lock = new();
    private long _resumedAt = time.GetTimestamp();
    private long _windowStart = time.GetTimestamp();
    private long? _baselineAt;
    private double _baseline;
    private double _smoothRate;

    /// <summary>The part of the time in which the workers work.</summary>
    public double Share { get; private set; } = 1;

    /// <summary>In all.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Called by each worker before a slice. A pause holds the lock, so it holds up all of them.</summary>
    /// <exception cref="OperationCanceledException">Also in the middle of a pause.</exception>
    public void BeforeSlice(CancellationToken token)
    {
        lock (_lock)
        {
            TimeSpan worked = time.GetElapsedTime(_resumedAt);
            if (worked < MinWork)
            {
                return;
            }

            if (time.GetElapsedTime(_windowStart) >= Window)
            {
                Adjust(token);
            }

            if (Share < 1)
            {
                TimeSpan pause = worked * ((1 / Share) - 1);
                Pause(pause < MaxPause ? pause : MaxPause, token);
            }

            _resumedAt = time.GetTimestamp();
        }
    }

    private void Adjust(CancellationToken token)
    {
        // A single window is not enough to begin: a scrape, or a garbage collection, is a peak of its own.
        double rate = TakeRate();
        _smoothRate = (_smoothRate + rate) / 2;
        bool isBaselineOld = _baselineAt is not { } measured || time.GetElapsedTime(measured) > BaselineLifetime;
        if (_smoothRate > IdleWaitRate && isBaselineOld)
        {
            MeasureBaseline(token);
        }

        bool waitsForUs = _baselineAt is not null && rate > Math.Max(_baseline, IdleWaitRate);
        Share = waitsForUs ? Math.Max(MinShare, Share * Down) : Math.Min(1, Share + Up);
    }

    // Measured only while Prometheus waits, because it costs a pause.
    private void MeasureBaseline(CancellationToken token)
    {
        Pause(BaselinePause, token);
        _baseline = TakeRate();
        _baselineAt = time.GetTimestamp();
    }

    private double TakeRate()
    {
        double rate = wait.SinceLast() / time.GetElapsedTime(_windowStart);
        _windowStart = time.GetTimestamp();
        return rate;
    }

    private void Pause(TimeSpan pause, CancellationToken token)
    {
        Task.Delay(pause, time, token).GetAwaiter().GetResult();
        Paused += pause;
    }
}

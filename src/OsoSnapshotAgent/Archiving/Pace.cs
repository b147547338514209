using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Pauses the compression workers while Prometheus' threads wait longer for a CPU than without the workers. Reader,
/// writer and verifier then wait for the workers.
/// </summary>
/// <remarks>
/// The kernel's priorities are not enough: in a pod with a CPU limit, both containers share one quota, and Prometheus
/// later lacks what the agent used. SCHED_IDLE was measured too: the p50 of queries was the same, the p99 was worse.
/// </remarks>
internal sealed class Pace(CpuWait wait, TimeProvider time)
{
    /// <summary>
    /// The least share of the time in which the workers work. With the pauses for the baseline, a run keeps more than
    /// 20 % of its speed.
    /// </summary>
    internal const double MinShare = 0.22;

    // Seconds of waiting per second, over all threads. An idle Prometheus beside a run at full speed waits less.
    private const double IdleWaitRate = 0.08;

    // The speed falls fast and rises slowly, as in TCP (RFC 5681, section 3.1).
    private const double Down = 0.5;
    private const double Up = 0.03;

    // The period of a CPU quota, by sched-bwc.rst.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    // These times are short for a query, and long for the resolution of a timer.
    private static readonly TimeSpan MinWork = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(100);

    // The load of queries changes, so the baseline is measured again after a while.
    private static readonly TimeSpan BaselinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BaselineLifetime = TimeSpan.FromSeconds(15);

    private readonly object _lock = new();
    private long _resumedAt = time.GetTimestamp();
    private long _windowStart = time.GetTimestamp();
    private long? _baselineAt;
    private double _baseline;
    private double _smoothRate;

    /// <param name="prometheus">The PID; null if no process is seen.</param>
    /// <returns>null if nothing pauses.</returns>
    public static Pace? Beside(int? prometheus, AgentSettings settings, ProcFileSystem proc, TimeProvider time) =>
        prometheus is { } pid && settings.Pace == PaceMode.Polite ? new(new CpuWait(proc, pid), time) : null;

    /// <summary>The part of the time in which the workers work, up to 1.</summary>
    public double Share { get; private set; } = 1;

    /// <summary>All pauses together.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Call this in each worker before a slice. A pause holds the lock, so all workers pause.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled, also during a pause.</exception>
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
        // One window is not enough to start with: a scrape or a garbage collection also makes a peak.
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

    // The measurement costs a pause, so it is made only while Prometheus waits.
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

/// <summary>Pauses before each piece that is read, so that the reader works at that pace.</summary>
/// <param name="source">Stays open.</param>
internal sealed class PacedStream(Stream source, Pace pace, CancellationToken token) : ReadStream
{
    public override int Read(Span<byte> buffer)
    {
        pace.BeforeSlice(token);
        return source.Read(buffer);
    }
}

using OsoSnapshotAgent.Linux;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// Shows the progress of long work. On a terminal, it redraws a line twice a second. Every few seconds it prints a
/// whole line, because <c>kubectl logs</c> shows nothing else. <c>snapshots.log</c> gets none of these lines.
/// </summary>
internal sealed class Progress(ConsoleOutput console, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    // The maximum keeps the seconds within TimeSpan's range of some 29,000 years.
    private const double MaxSecondsLeft = 1_000_000_000;

    private string _activity = string.Empty;
    private long _totalBytes;
    private long _startedAt;
    private TimeSpan _lastDrawn;
    private TimeSpan _lastLine;

    public void Start(string activity, long totalBytes)
    {
        (_activity, _totalBytes, _startedAt) = (activity, totalBytes, time.GetTimestamp());
        _lastDrawn = _lastLine = TimeSpan.Zero;
    }

    public void Report(long bytes)
    {
        TimeSpan elapsed = time.GetElapsedTime(_startedAt);
        bool isLine = elapsed - _lastLine >= LineInterval;
        if (!isLine && !(terminal.IsInteractive && elapsed - _lastDrawn >= RedrawInterval))
        {
            return;
        }

        Show(Describe(bytes, elapsed), elapsed, isLine);
    }

    /// <summary>Runs work of unknown length, and prints every few seconds that it continues.</summary>
    public async Task<T> WithHeartbeatAsync<T>(string activity, Func<Task<T>> action)
    {
        Start(activity, 0);
        using Timer beat = new(
            _ =>
            {
                TimeSpan elapsed = time.GetElapsedTime(_startedAt);
                Show($"{activity}, {Durations.Format(elapsed)} so far", elapsed, elapsed - _lastLine >= LineInterval);
            },
            state: null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
        return await action();
    }

    private void Show(string text, TimeSpan elapsed, bool isLine)
    {
        _lastDrawn = elapsed;
        if (isLine)
        {
            _lastLine = elapsed;
            console.WriteLine(text);
        }
        else if (terminal.IsInteractive)
        {
            // A line that wraps can't be redrawn.
            console.ShowProgress(text.Length < terminal.Columns ? text : text[..(terminal.Columns - 1)]);
        }
    }

    private string Describe(long bytes, TimeSpan elapsed)
    {
        double rate = bytes / Math.Max(elapsed.TotalSeconds, 0.001);
        double share = _totalBytes == 0 ? 1 : Math.Min(1, (double)bytes / _totalBytes);
        TimeSpan left = TimeSpan.FromSeconds(rate > 0 ? Math.Min((_totalBytes - bytes) / rate, MaxSecondsLeft) : 0);
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{_activity}: {share * 100:0} % of {ByteSize.Format(_totalBytes)}, {rate / 1_000_000:0} MB/s,"
            + $" {Durations.Format(left > TimeSpan.Zero ? left : TimeSpan.Zero)} left");
    }
}

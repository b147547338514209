using System.Globalization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Display;

/// <summary>Measures bytes per second over the last ten seconds, and how long the rest takes at that rate.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly Queue<(long At, long Bytes)> _marks = new();
    private string _activity = string.Empty;
    private long _startedAt;

    public double BytesPerSecond { get; private set; }

    public TimeSpan? Left { get; private set; }

    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    public void Add(PodProgress progress)
    {
        long now = time.GetTimestamp();
        if (progress.Activity != _activity)
        {
            (_activity, _startedAt) = (progress.Activity, now);
            _marks.Clear();
        }

        _marks.Enqueue((now, progress.DoneBytes));
        while (time.GetElapsedTime(_marks.Peek().At, now) > Window)
        {
            _marks.Dequeue();
        }

        (long at, long bytes) = _marks.Peek();
        double seconds = time.GetElapsedTime(at, now).TotalSeconds;
        BytesPerSecond = seconds > 0 ? Math.Max(0, (progress.DoneBytes - bytes) / seconds) : 0;
        Left = progress.TotalBytes is { } total && BytesPerSecond > 0
            ? TimeSpan.FromSeconds(Math.Clamp((total - progress.DoneBytes) / BytesPerSecond, 0, 1e9))
            : null;
    }

    /// <returns>A text such as <c>copying: 120.3 MiB of 820.0 MiB, 14 %, 33.1 MiB/s, 21s left</c>.</returns>
    public string Describe(PodProgress progress)
    {
        List<string> parts = [];
        if (progress.TotalBytes is { } total)
        {
            parts.Add($"{ByteSize.Format(progress.DoneBytes)} of {ByteSize.Format(total)}");
            parts.Add(string.Create(
                CultureInfo.InvariantCulture, $"{(total == 0 ? 100 : (long)(100.0 * progress.DoneBytes / total))} %"));
        }
        else if (progress.DoneBytes > 0)
        {
            parts.Add(ByteSize.Format(progress.DoneBytes));
        }

        if (BytesPerSecond > 0)
        {
            parts.Add(ByteSize.Format((long)BytesPerSecond) + "/s");
        }

        parts.Add(Left is { } left ? Durations.Format(left) + " left" : Durations.Format(Elapsed) + " so far");
        return $"{progress.Activity}: {string.Join(", ", parts)}";
    }
}

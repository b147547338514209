using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Display;

/// <summary>Prints plain lines, for files, pipes and terminals that can't show bars.</summary>
/// <param name="output">Standard error: standard output carries only what was asked for.</param>
/// <param name="label">Starts each line if there are several pods; empty for one.</param>
/// <param name="isQuiet">Whether only warnings and failures are printed.</param>
internal sealed class LineReport(TextWriter output, string label, bool isQuiet, TimeProvider time) : IPodReport
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly object _lock = new();
    private readonly RateMeter _rate = new(time);
    private string _activity = string.Empty;
    private long _lastLine;

    public void Say(string line)
    {
        if (!isQuiet)
        {
            Write(line);
        }
    }

    public void Warn(string line) => Write(line);

    public void Log(string line) => Say("  │ " + line);

    public void Advance(PodProgress progress)
    {
        lock (_lock)
        {
            _rate.Add(progress);
            if (progress.Activity != _activity)
            {
                (_activity, _lastLine) = (progress.Activity, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(_lastLine) >= Interval)
            {
                _lastLine = time.GetTimestamp();
                Say("  " + _rate.Describe(progress));
            }
        }
    }

    public void Pause()
    {
    }

    // All lines are written with one call, because others write to the same stream.
    private void Write(string lines) =>
        output.Write(string.Concat(
            Printable.Text(lines, keepsLines: true).Split('\n').Select(line => $"{label}{line}\n")));
}

using OsoSnapshot.Formats.Text;

namespace OsoSnapshotClient.Progress;

/// <summary>A bar a pod at the terminal's foot, with what is said above it.</summary>
/// <param name="board">All pods' bars.</param>
/// <param name="pod">Names the bar.</param>
/// <param name="label">Before each line, where there are several pods.</param>
internal sealed class BarReport(BarBoard board, string pod, string label, TimeProvider time) : IPodReport
{
    private readonly object _lock = new();
    private readonly RateMeter _rate = new(time);

    public void Warn(string line) => Say(line);

    public void Say(string line) => board.Write(string.Join('\n', line.Split('\n').Select(one => label + one)));

    public void Log(string line) => Say("  │ " + Printable.Text(line));

    public void Advance(PodProgress progress)
    {
        lock (_lock)
        {
            _rate.Add(progress);
            board.Show(pod, label + _rate.Describe(progress), progress);
        }
    }

    public void Pause() => board.Hide(pod);
}

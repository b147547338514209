namespace OsoSnapshotClient.Display;

/// <summary>Shows a pod's bar at the terminal's foot, and its messages above.</summary>
/// <param name="board">The bars of all pods.</param>
/// <param name="pod">The pod's name, which identifies its bar.</param>
/// <param name="label">Starts each line if there are several pods; empty for one.</param>
internal sealed class BarReport(ProgressBars board, string pod, string label, TimeProvider time) : IPodReport
{
    private readonly object _lock = new();
    private readonly RateMeter _rate = new(time);

    public void Warn(string line) => Say(line);

    public void Say(string line) => board.Write(
        string.Join('\n', line.Split('\n').Select(one => label + one)));

    public void Log(string line) => Say("  │ " + line);

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

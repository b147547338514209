using System.Text.RegularExpressions;

namespace OsoSnapshotClient.Display;

/// <summary>Shows only what an operator needs of the agent's log, and after a failure its last lines.</summary>
/// <param name="full">Shows whatever it is given.</param>
internal sealed partial class BriefReport(IPodReport full) : IPodReport
{
    private const int MaxKept = 20;
    private readonly Queue<string> _kept = new();

    public void Say(string line) => full.Say(line);

    public void Warn(string line) => full.Warn(line);

    public void Fail(string line)
    {
        lock (_kept)
        {
            while (_kept.TryDequeue(out string? kept))
            {
                full.Log(kept);
            }
        }

        full.Fail(line);
    }

    public void Log(string line)
    {
        if (Needed().IsMatch(line))
        {
            full.Log(line);
            return;
        }

        lock (_kept)
        {
            _kept.Enqueue(line);
            if (_kept.Count > MaxKept)
            {
                _kept.Dequeue();
            }
        }
    }

    public void Advance(PodProgress progress) => full.Advance(progress);

    public void Pause() => full.Pause();

    // What was done, and warnings: src/OsoSnapshotAgent/REFERENCE.md, "Lines in the log".
    [GeneratedRegex(@"\(oso-[23][0-9]{2}\)$")]
    private static partial Regex Needed();
}

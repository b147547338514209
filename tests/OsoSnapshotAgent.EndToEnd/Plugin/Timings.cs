namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>How many seconds each variant of a benchmark took, round by round.</summary>
internal sealed class Timings
{
    private readonly Dictionary<string, List<double>> _seconds = [];

    /// <summary>In the order of their first round.</summary>
    public IEnumerable<string> Names => _seconds.Keys;

    public void Add(string name, double seconds)
    {
        _seconds.TryAdd(name, []);
        _seconds[name].Add(seconds);
    }

    public double Median(string name) => _seconds[name].Order().ElementAt(_seconds[name].Count / 2);
}

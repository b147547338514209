using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The problems that an audit finds: the first 1,000, each cut to 200 characters, and the number of all. The limits
/// keep hostile files from filling the memory.
/// </summary>
internal sealed class ProblemList
{
    public const int MaxKept = 1_000;
    public const int MaxLetters = 200;

    private readonly List<string> _kept = [];

    /// <summary>The number of all problems, listed or not.</summary>
    public long Count { get; private set; }

    public void Add(string problem)
    {
        Count++;
        if (_kept.Count < MaxKept)
        {
            _kept.Add(Cut(problem));
        }
    }

    /// <returns>The problems from that position on. A last line counts those that are not listed.</returns>
    public IReadOnlyList<string> From(long first)
    {
        long known = Math.Min(first, _kept.Count);
        long left = Count - Math.Max(first, _kept.Count);
        string[] rest = left > 0 ? [Plural.Of(left, "more problem") + ", not listed"] : [];
        return [.. _kept[(int)known..], .. rest];
    }

    // The cut must not divide the two halves of a character outside the basic plane.
    private static string Cut(string problem)
    {
        if (problem.Length <= MaxLetters)
        {
            return problem;
        }

        int length = char.IsHighSurrogate(problem[MaxLetters - 2]) ? MaxLetters - 2 : MaxLetters - 1;
        return problem[..length] + "…";
    }
}

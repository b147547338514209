using OsoSnapshot.Formats.Text;

namespace OsoSnapshot.Formats.Tsdb;

/// <summary>
/// What an audit finds, in its order: the first 1,000 problems, each cut to 200 characters, and the number of all. The
/// files decide how many there are and how long, so memory must not follow them.
/// </summary>
internal sealed class ProblemList
{
    public const int MaxKept = 1_000;
    public const int MaxLetters = 200;

    private readonly List<string> _kept = [];

    /// <summary>Of all, kept or not.</summary>
    public long Count { get; private set; }

    public void Add(string problem)
    {
        Count++;
        if (_kept.Count < MaxKept)
        {
            _kept.Add(Cut(problem));
        }
    }

    /// <returns>The problems from that number on; a last line says how many of them were not kept.</returns>
    public IReadOnlyList<string> From(long first)
    {
        long known = Math.Min(first, _kept.Count);
        long left = Count - Math.Max(first, _kept.Count);
        string[] rest = left > 0 ? [Plural.Of(left, "more problem") + ", not listed"] : [];
        return [.. _kept[(int)known..], .. rest];
    }

    // Not between the two halves of a character outside the basic plane.
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

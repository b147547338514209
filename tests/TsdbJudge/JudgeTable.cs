using System.Globalization;
using TsdbJudge.Servers;

namespace TsdbJudge;

/// <summary>A row of tests/judge.tsv.</summary>
/// <param name="Verdicts">What each version said, in the order of <see cref="ServerVersion.All"/>.</param>
internal sealed record JudgeRow(ulong Seed, string Block, string Place, IReadOnlyList<string> Verdicts)
{
    public bool IsOk => Verdicts.All(verdict => verdict is "ok" or "-");

    public string Text => string.Join('\t', [Seed.ToString(CultureInfo.InvariantCulture), Block, Place, .. Verdicts]);

    public static JudgeRow Parse(string line)
    {
        string[] cells = line.Split('\t');
        return new JudgeRow(ulong.Parse(cells[0], CultureInfo.InvariantCulture), cells[1], cells[2], cells[3..]);
    }
}

/// <summary>The table of damages and of what real servers said about them.</summary>
internal static class JudgeTable
{
    public static string DefaultPath { get; } = Path.Combine(Corpus.RepositoryRoot, "tests/judge.tsv");

    private static string Header => string.Join('\t', ["seed", "block", "place", .. ServerVersion.All.Select(version => version.Number)]);

    public static IReadOnlyList<JudgeRow> Read(string path) =>
        File.Exists(path) ? [.. File.ReadLines(path).Skip(1).Select(JudgeRow.Parse)] : [];

    public static void Append(string path, JudgeRow row)
    {
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Header + "\n");
        }

        File.AppendAllText(path, row.Text + "\n");
    }
}

using System.Text.RegularExpressions;
using BlockJudge;
using BlockJudge.Damage;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>
/// Compares the judge with every row of tests/judge.tsv, where real servers judged the same bytes. tests/JUDGE.md
/// gives the rule.
/// </summary>
public sealed class JudgeTableTests
{
    /// <summary>What servers see and no structure shows: the changed content is as sound as the one before.</summary>
    private static readonly string[] Unseen = [];

    /// <summary>What is wrong, and the questions of the table make no server read it.</summary>
    private static readonly string[] Unread = [];

    private static readonly IReadOnlyList<JudgeRow> Rows = JudgeTable.Read(JudgeTable.DefaultPath);

    [Fact]
    public void What_a_server_finds_is_damage() => AssertNone(
        Rows.Where(row => !row.IsOk && !IsDamaged(row) && !IsListed(Unseen, row)));

    [Fact]
    public void What_every_server_reads_is_not_damage() => AssertNone(
        Rows.Where(row => row.IsOk && IsDamaged(row) && !IsListed(Unread, row)));

    [Fact]
    public void Every_row_is_made_anew_by_its_seed() => AssertNone(
        Rows.Where(row => Damage(row) is var damaged && (damaged.Block.Name, damaged.Place) != (row.Block, row.Place)));

    [Fact]
    public void The_table_has_every_sound_block() => Assert.Equal(
        Corpus.Blocks.Select(block => block.Name),
        Rows.Where(row => row.Seed == 0).Select(row => row.Block).Order(StringComparer.Ordinal));

    // The only line that knows the judge.
    private static bool IsDamaged(JudgeRow row)
    {
        DamagedBlock damaged = Damage(row);
        BlockAudit audit = new();
        foreach ((string path, byte[] content) in damaged.Files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            audit.StartFile($"{damaged.Block.Ulid}/{path}");
            audit.Append(content);
            audit.FinishFile();
        }

        audit.Finish();
        return audit.ProblemCount > 0;
    }

    private static DamagedBlock Damage(JudgeRow row) =>
        row.Seed == 0 ? DamagedBlock.Sound(Corpus.Find(row.Block)) : DamagedBlock.Create(row.Seed);

    private static bool IsListed(string[] patterns, JudgeRow row) => Array.Exists(patterns, pattern => Regex.IsMatch(row.Place, pattern));

    private static void AssertNone(IEnumerable<JudgeRow> rows)
    {
        string[] wrong = [.. rows.Select(row => row.Text)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {Rows.Count} rows:\n{string.Join('\n', wrong)}");
    }
}

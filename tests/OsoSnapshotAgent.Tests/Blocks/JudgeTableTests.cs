using System.Text.RegularExpressions;
using TsdbJudge;
using TsdbJudge.Damage;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>
/// Compares the judge with every row of tests/judge.tsv, where real servers judged the same bytes. tests/JUDGE.md
/// gives the rule.
/// </summary>
public sealed class JudgeTableTests
{
    /// <summary>What servers answer otherwise, and no judge can see without the block of before.</summary>
    private static readonly string[] Unseen =
    [
        // Only decoding the samples could tell. The judge may note it.
        @" chunks/\d+ chunk\.(encoding|samples|firstTime|firstValue|histogramFlags|data) .* refixed ",

        // Other labels, and lists are not matched to labels.
        @" index (symbols\.text|series\.label(Name|Value)|postingsTable\.key) .* refixed ",

        // Other deletions, or none. Tombstones don't name their block, and not every block has a file of them.
        @" tombstones (lost|swapped|tombstones\.(series|minTime|maxTime) .* refixed) ",

        // Other digits. Times that are not the samples' are noted.
        @" meta\.json (meta\.(minTime|maxTime)|flip) ",

        // Servers before 3 don't know version 3.
        @" index header\.version .* no-start no-start ok$",
    ];

    /// <summary>What is wrong, and no question makes a server read it.</summary>
    private static readonly string[] Unread =
    [
        // A stream can't be read twice: chunks that no series names look like those of another index.
        @" chunks/\d+ (chunk|segment) doubled ",

        // Prometheus makes no such file, so something else wrote to it.
        @" chunks/\d+ longer ",

        // Servers skip chunks whose samples are all deleted.
        @"^\d+ tombstones-\S+ chunks/\d+ chunk\.",

        // Servers stop at the end of the table, although its count is higher.
        @" index postingsTable\.count .* refixed ",

        // Servers don't compare it with the directory's name. That of another block shows that files were mixed up.
        @" meta\.json (meta\.ulid|swapped) ",
    ];

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
    public void Every_difference_is_one_of_a_row()
    {
        Assert.All(Unseen, pattern => Assert.Contains(Rows, row => !row.IsOk && IsListed([pattern], row)));
        Assert.All(Unread, pattern => Assert.Contains(Rows, row => row.IsOk && IsListed([pattern], row)));
    }

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

    private static bool IsListed(string[] patterns, JudgeRow row) => Array.Exists(patterns, pattern => Regex.IsMatch(row.Text.Replace('\t', ' '), pattern));

    private static void AssertNone(IEnumerable<JudgeRow> rows)
    {
        string[] wrong = [.. rows.Select(row => row.Text)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {Rows.Count} rows:\n{string.Join('\n', wrong)}");
    }
}

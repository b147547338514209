using System.Globalization;
using TsdbJudge;
using TsdbJudge.Damage;
using TsdbJudge.Servers;

namespace OsoSnapshotAgent.EndToEnd.Judging;

/// <summary>
/// Asks real servers again about rows of tests/judge.tsv, which a printed seed chooses. OSO_TEST_SEED repeats them.
/// </summary>
public sealed class JudgeRowTests
{
    private const int RowCount = 60;

    [Fact]
    public async Task Servers_say_again_what_the_table_says()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out int set) ? set : Environment.TickCount & 0xFFFF;
        TestContext.Current.SendDiagnosticMessage($"OSO_TEST_SEED={seed}");
        ServerJudge[] judges = [.. ServerVersion.All.Select(version => new ServerJudge(version))];
        Dice random = new((ulong)seed);
        IReadOnlyList<JudgeRow> rows = JudgeTable.Read(JudgeTable.DefaultPath);
        for (int i = 0; i < RowCount; i++)
        {
            JudgeRow row = random.Pick(rows);
            DamagedBlock damaged = row.Seed == 0 ? DamagedBlock.Sound(Corpus.Find(row.Block)) : DamagedBlock.Create(row.Seed);
            Assert.Equal($"OSO_TEST_SEED={seed}: {row.Text}", $"OSO_TEST_SEED={seed}: {(await Inquiry.AskAsync(damaged, judges)).Text}");
        }
    }
}

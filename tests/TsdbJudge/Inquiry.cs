using System.Diagnostics;
using TsdbJudge.Damage;
using TsdbJudge.Servers;

namespace TsdbJudge;

/// <summary>Asks real servers about sound and damaged blocks.</summary>
internal static class Inquiry
{
    /// <summary>Appends rows until the table holds the sound blocks and this many damages.</summary>
    public static async Task RunAsync(string path, ulong count, TextWriter output)
    {
        HashSet<(ulong Seed, string Block)> done = [.. JudgeTable.Read(path).Select(row => (row.Seed, row.Block))];
        HashSet<ulong> seeds = [.. done.Select(row => row.Seed)];
        ServerJudge[] judges = [.. ServerVersion.All.Select(version => new ServerJudge(version))];
        IEnumerable<DamagedBlock> open = Corpus.Blocks.Where(block => !done.Contains((0, block.Name))).Select(DamagedBlock.Sound)
            .Concat(Seeds(count).Where(seed => !seeds.Contains(seed)).Select(DamagedBlock.Create));
        long start = Stopwatch.GetTimestamp();
        int asked = 0;
        foreach (DamagedBlock damaged in open)
        {
            JudgeTable.Append(path, await AskAsync(damaged, judges));
            if (++asked % 100 == 0)
            {
                await output.WriteLineAsync($"seed {damaged.Seed}, {Stopwatch.GetElapsedTime(start).TotalSeconds / asked:F2} s each");
            }
        }
    }

    public static async Task<JudgeRow> AskAsync(DamagedBlock damaged, IEnumerable<ServerJudge> judges)
    {
        List<string> verdicts = [];
        foreach (ServerJudge judge in judges)
        {
            verdicts.Add(await judge.JudgeAsync(damaged.Block, damaged.Files));
        }

        return new JudgeRow(damaged.Seed, damaged.Block.Name, damaged.Place, verdicts);
    }

    public static async Task ShowAsync(DamagedBlock damaged, string directory, TextWriter output)
    {
        CorpusBlock.Write(directory, damaged.Block.Ulid, damaged.Files);
        await output.WriteLineAsync($"{damaged.Block.Name}: {damaged.Place}");
        foreach (ServerVersion version in ServerVersion.All.Where(version => version.CanRead(damaged.Block.Name)))
        {
            (string verdict, string log, IReadOnlyList<Question> questions) = await new ServerJudge(version).ExamineAsync(damaged.Block, damaged.Files);
            await output.WriteLineAsync($"{version.Number}: {verdict} {log}");
            foreach (Question question in questions)
            {
                await output.WriteLineAsync($"  {question.Path} {question.Text}");
            }
        }
    }

    private static IEnumerable<ulong> Seeds(ulong count)
    {
        for (ulong seed = 1; seed <= count; seed++)
        {
            yield return seed;
        }
    }
}

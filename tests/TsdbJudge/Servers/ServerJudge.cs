namespace TsdbJudge.Servers;

/// <summary>Asks one version of Prometheus about blocks. It starts a server for each block, and kills it.</summary>
internal sealed class ServerJudge(ServerVersion version)
{
    private readonly Dictionary<string, (IReadOnlyList<Question> Questions, IReadOnlyList<string> Answers)> _sound = [];

    /// <returns>ok, starts-with-error, other-answer, crash, no-start, or - if this version can't read the sound block.</returns>
    public async Task<string> JudgeAsync(CorpusBlock block, IReadOnlyDictionary<string, byte[]> files) =>
        version.CanRead(block.Name) ? (await ExamineAsync(block, files)).Verdict : "-";

    /// <returns>The verdict, what the server logged, and the questions that it answered otherwise.</returns>
    public async Task<(string Verdict, string Log, IReadOnlyList<Question> Questions)> ExamineAsync(
        CorpusBlock block, IReadOnlyDictionary<string, byte[]> files)
    {
        (IReadOnlyList<Question> questions, IReadOnlyList<string> expected) = await SoundAsync(block);
        string directory = Directory.CreateTempSubdirectory("tsdb-judge-").FullName;
        try
        {
            CorpusBlock.Write(directory, block.Ulid, files);
            using PrometheusServer server = await PrometheusServer.StartAsync(version, directory);
            if (!server.IsRunning)
            {
                string reason = server.Kill();
                return reason.Contains("address already in use", StringComparison.Ordinal)
                    ? throw new IOException(reason)
                    : ("no-start", reason, []);
            }

            IReadOnlyList<string> answers = await AskAsync(questions, server.Client);
            Question[] other = [.. questions.Where((_, i) => answers[i] != expected[i])];
            bool isRunning = server.IsRunning;
            string log = server.Kill();
            string verdict = !isRunning ? "crash" : other.Length > 0 ? "other-answer" : log.Length > 0 ? "starts-with-error" : "ok";
            return (verdict, log, other);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The answers about the sound block, by which those about a damaged one are judged.</summary>
    private async Task<(IReadOnlyList<Question> Questions, IReadOnlyList<string> Answers)> SoundAsync(CorpusBlock block)
    {
        if (!_sound.TryGetValue(block.Name, out (IReadOnlyList<Question> Questions, IReadOnlyList<string> Answers) known))
        {
            string directory = Directory.CreateTempSubdirectory("tsdb-judge-").FullName;
            CorpusBlock.Write(directory, block.Ulid, block.Files);
            using PrometheusServer server = await PrometheusServer.StartAsync(version, directory);
            IReadOnlyList<Question> questions = await Question.AboutAsync(block, server.Client);
            _sound.Add(block.Name, known = (questions, await AskAsync(questions, server.Client)));
            Directory.Delete(directory, recursive: true);
        }

        return known;
    }

    private static async Task<IReadOnlyList<string>> AskAsync(IReadOnlyList<Question> questions, HttpClient client)
    {
        List<string> answers = [];
        foreach (Question question in questions)
        {
            answers.Add(await question.AskAsync(client));
        }

        return answers;
    }
}

using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>Tests that a server on restored data gives the same answers as the server of the archive.</summary>
public sealed class RestoredAnswersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-answers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_restored_Prometheus_answers_range_queries_with_the_same_samples()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 3), Flags = PodOptions.MergesNothing });

        // The queries end before the snapshot.
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        (string Query, DateTimeOffset From, DateTimeOffset To, TimeSpan Step)[] questions =
        [
            (PodOptions.HeadSeries, now.AddMinutes(-5), now, TimeSpan.FromSeconds(1)),
            ("{__name__!=\"\"}", now.AddHours(-6), now.AddHours(-5), TimeSpan.FromSeconds(15)),
            ("count by (job, __name__) ({__name__!=\"\"})", now.AddHours(-8), now, TimeSpan.FromMinutes(1)),
            ("quantile by (__name__) (0.9, {__name__!=\"\"})", now.AddHours(-8), now, TimeSpan.FromMinutes(5)),
            ("sum by (job, instance) (rate(node_cpu_seconds_total[10m]))", now.AddHours(-8), now, TimeSpan.FromMinutes(5)),
        ];
        string[] original = await AnswersAsync(pod);
        Assert.All(original, Assert.NotEmpty);

        (await pod.RunAgentAsync()).EndedWith(0);
        string restored = Path.Combine(_folder, "restored");
        CommandResult restore = (await HostCommand.RunAsync(HostCommand.AsRoot(Client.Binary, "restore", pod.Archive, restored, "--owner", pod.Options.User))).Succeeded();

        Assert.Contains("--storage.tsdb.path=" + restored, restore.Output, StringComparison.Ordinal);
        await using PrometheusPod second = await Judge.StartRestoredAsync(restored, pod.Options.Version);
        Assert.Equal(original, await AnswersAsync(second));

        async Task<string[]> AnswersAsync(PrometheusPod asked)
        {
            List<string> answers = [];
            foreach ((string query, DateTimeOffset from, DateTimeOffset to, TimeSpan step) in questions)
            {
                answers.Add(await asked.QueryRangeAsync(query, from, to, step));
            }

            return [.. answers];
        }
    }
}

using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotClient.Verbs;

namespace OsoSnapshotClient.Tests.Verbs;

public sealed class RunNoteTests : IDisposable
{
    private const string Running = """{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-client-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_container_of_an_interrupted_run_is_taken_up_again()
    {
        AgentContainer? agent = await AdoptAsync(run: null, status: string.Empty, exitCode: 1);

        Assert.Equal(typeof(AgentContainer), agent?.GetType());
        Assert.Equal("2026-11-21T09:21:49Z", agent?.StartBefore);
    }

    [Theory]
    [InlineData("""{"phase":"hold-for-copy","client":"mine","elapsedSeconds":9}""", 0, true)]
    [InlineData("""{"phase":"hold-for-copy","client":"theirs","elapsedSeconds":9}""", 0, false)]
    [InlineData("", 3, false)]
    public async Task A_run_in_a_container_that_stays_is_taken_up_again_while_it_lasts(
        string status, int exitCode, bool isFound)
    {
        AgentContainer? agent = await AdoptAsync("mine", status, exitCode);

        Assert.Equal(isFound ? "mine" : null, (agent as ResidentRun)?.Run);
        Assert.Equal(isFound, agent is not null);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<AgentContainer?> AdoptAsync(string? run, string status, int exitCode)
    {
        string pod = Recorded.PodWith(Running);
        RecordedKubectl kubectl = new RecordedKubectl()
            .On("get pod", _ => new(Encoding.UTF8.GetBytes(pod), string.Empty, 0) { LastsUntilKilled = true })
            .On($"get pod {Recorded.Pod} -o", pod)
            .On("exec", status, status: exitCode);
        PodAccess access = Recorded.Access(kubectl);
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        await watch.StartAsync(Token);
        using CopyOutput output = CopyOutput.Open(Path.Combine(_folder, "copy.tgz"));
        output.Note.Pod = $"-n oso/{Recorded.Pod}";
        output.Note.Container = Recorded.Agent;
        output.Note.Run = run;
        output.Note.Before = "2026-11-21T09:21:49Z";
        output.SaveNote();
        Preflight preflight = new(access, Pod.Parse(pod), new("prom-svr", IsGuess: false));
        TakeOptions take = new()
        {
            Hold = "12h",
            Copy = new() { ChunkBytes = 1, Streams = 1, Stall = TimeSpan.Zero, Pause = TimeSpan.Zero },
        };
        return await new RunNote(preflight, take, output).AdoptAsync(watch, Token);
    }
}

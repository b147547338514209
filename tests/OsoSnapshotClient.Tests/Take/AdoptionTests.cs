using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Take;

public sealed class AdoptionTests : IDisposable
{
    private const string PodId = $"oso/{Recorded.Pod} 6a1f0c1e-0f3b-4b7e-9a43-0a5f4d0f6a11";
    private const string Mine = """{"phase":"hold-for-copy","client":"mine","elapsedSeconds":9}""";
    private const string Ended = """{"terminated": {"exitCode": 0, "message": ""}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-client-").FullName;
    private readonly StringWriter _said = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "copy.tgz");

    public void Dispose()
    {
        _said.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("", 3)]
    public async Task The_container_of_an_interrupted_run_is_taken_up_again_if_nobody_answers_now(string status, int exitCode)
    {
        (RemoteAgent Agent, string Run)? found = await FindAsync(new RecordedExec().On("status", status, status: exitCode));

        Assert.Equal((Recorded.Agent, Recorded.Run), (found?.Agent.Container, found?.Run));
    }

    [Theory]
    [InlineData(Mine, true)]
    [InlineData("""{"phase":"hold-for-copy","client":"theirs","elapsedSeconds":9}""", false)]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":9}""", false)]
    [InlineData("""{"phase":"wait","elapsedSeconds":9}""", false)]
    [InlineData("""{"phase":"finish","client":"mine","elapsedSeconds":9,"end":{"exitStatus":0,"message":"","at":"2026-11-21T09:20:00Z"}}""", false)]
    public async Task A_run_in_a_container_that_stays_is_taken_up_again_while_it_lasts(string status, bool isFound)
    {
        (RemoteAgent Agent, string Run)? found = await FindAsync(new RecordedExec().On("status", status));

        Assert.Equal(isFound ? Recorded.Run : null, found?.Run);
        Assert.Equal(!isFound, _said.ToString().Contains("has ended: starting anew", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_has_ended_is_not_asked()
    {
        RecordedExec exec = new();

        Assert.Null(await FindAsync(exec, state: Ended));
        Assert.Empty(exec.Calls);
        Assert.Contains("starting anew. With --reuse", _said.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pod=oso/other 6a1f0c1e-0f3b-4b7e-9a43-0a5f4d0f6a11")]
    [InlineData($"pod=oso/{Recorded.Pod} another-uid")]
    [InlineData("container=oso-snapshot-never-made")]
    [InlineData("run=")]
    public async Task A_note_of_another_pod_or_of_a_container_that_was_never_made_is_none(string line)
    {
        RecordedExec exec = new RecordedExec().On("status", """{"phase":"wait","elapsedSeconds":0}""");

        Assert.Null(await FindAsync(exec, line));
    }

    [Fact]
    public async Task A_run_with_other_options_is_refused_and_goes_on()
    {
        RecordedExec exec = new RecordedExec().On("status", Mine);

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => FindAsync(exec, "options=prom-svr OSO_SNAPSHOT_SINCE=24h"));

        Assert.Equal(ExitStatus.Settings, told.Status);
        Assert.Contains("'prom-svr OSO_SNAPSHOT_SINCE=24h', this run asks for 'prom-svr'", told.Message, StringComparison.Ordinal);
        Assert.Equal(["status --json"], exec.Calls);
    }

    [Fact]
    public async Task A_run_with_other_options_is_given_up_if_that_is_wanted()
    {
        RecordedExec exec = new RecordedExec().On("status", Mine).On("cancel", """{"exitStatus":0}""");

        Assert.Null(await FindAsync(exec, "options=prom-svr OSO_SNAPSHOT_SINCE=24h", isRestart: true));
        Assert.Equal($"cancel --client {Recorded.Run} --json", exec.Calls[^1]);
    }

    [Fact]
    public async Task A_run_that_can_not_be_given_up_is_a_failure()
    {
        RecordedExec exec = new RecordedExec().On("status", Mine)
            .On("cancel", """{"exitStatus":9,"problem":"no room","remedy":"make some"}""", status: 9);

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => FindAsync(exec, "options=other", isRestart: true));

        Assert.EndsWith("could not be ended: no room", told.Message, StringComparison.Ordinal);
        Assert.Equal("make some", told.Remedy);
    }

    [Fact]
    public async Task What_is_written_before_the_start_is_what_the_next_client_finds()
    {
        RecordedExec exec = new RecordedExec().On("status", Mine);
        PodAccess access = Access(exec);
        using (CopyOutput output = CopyOutput.Open(File))
        {
            Adoption(access, Recorded.Running, output).Note(new(access, Recorded.Agent), Recorded.Run);
        }

        using CopyOutput again = CopyOutput.Open(File);
        Assert.Equal(PodId, again.Note.Pod);
        Assert.Equal(Recorded.Run, (await Adoption(access, Recorded.Running, again).FindAsync(Token))?.Run);
    }

    [Fact]
    public async Task Standard_output_has_no_earlier_run()
    {
        PodAccess access = Access(new RecordedExec());

        Assert.Null(await Adoption(access, Recorded.Running, output: null).FindAsync(Token));
    }

    /// <param name="line">A line of the note in place of the right one.</param>
    private async Task<(RemoteAgent Agent, string Run)?> FindAsync(
        RecordedExec exec, string line = "", bool isRestart = false, string state = Recorded.Running)
    {
        string[] note = [$"pod={PodId}", $"container={Recorded.Agent}", $"run={Recorded.Run}", "options=prom-svr"];
        await System.IO.File.WriteAllLinesAsync(
            File + ".part.state",
            note.Select(one => one.Split('=')[0] == line.Split('=')[0] ? line : one),
            Token);
        using CopyOutput output = CopyOutput.Open(File);
        return await Adoption(Access(exec), state, output, isRestart).FindAsync(Token);
    }

    private PodAccess Access(RecordedExec exec) => Recorded.Access(exec, _said);

    private static Adoption Adoption(PodAccess access, string state, CopyOutput? output, bool isRestart = false)
    {
        V1Pod pod = Recorded.Read(Recorded.PodWith(state));
        TakeOptions take = new()
        {
            IsRestart = isRestart,
            Copy = new() { Hold = "12h", Streams = 1, Stall = TimeSpan.Zero, Pause = TimeSpan.Zero },
        };
        return new(new(null!, access, pod, new(Recorded.Target, IsGuess: false), "oso"), take, output);
    }
}

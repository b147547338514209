using System.Text;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Cluster;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Restore;

public sealed class LiveRestoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static LiveRestoreOptions Options { get; } = new()
    {
        LeavesOutExpired = false,
        LeavesOutOverlap = false,
        IsDryRun = false,
        Copy = new() { Hold = "12h", Streams = 1, Stall = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromSeconds(0.1) },
    };

    private static RunEnd NoClient { get; } =
        new() { ExitStatus = (int)ExitStatus.ReaderGone, Message = "No client came.", At = DateTimeOffset.UnixEpoch };

    private static RunEnd AllThere { get; } =
        new() { ExitStatus = 0, Message = "0 blocks back, 2 there already", At = DateTimeOffset.UnixEpoch };

    [Fact]
    public async Task After_eight_runs_to_which_no_block_came_the_restore_is_given_up_with_their_reason()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context, 200, context.Request.Method == "POST" ? """{"status":{"allowed":true}}""" : Recorded.PodWith(Recorded.Running)));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        RecordedExec exec = new RecordedExec().On("start", "{}").On("receive", _ => Recording.Cut([], "reset"));
        exec.On("follow", words => Recording.Open(string.Empty) with { Talk = (_, output) => FollowAsync(exec, words[1], output) });

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => new LiveRestore(cluster, Recorded.Access(exec), Options, () => new NoBlocks()).RunAsync(Token));

        Assert.Equal("No whole block came to the pod in 8 runs: The agent ended with status 141: No client came.", told.Message);
        Assert.Contains("blocks that are back stay", told.Remedy, StringComparison.Ordinal);
        Assert.Equal(8, exec.Calls.Count(call => call == "start"));
    }

    [Fact]
    public async Task Runs_that_end_before_a_block_is_asked_for_are_counted_too()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context, 200, context.Request.Method == "POST" ? """{"status":{"allowed":true}}""" : Recorded.PodWith(Recorded.Running)));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        int starts = 0;
        RecordedExec exec = new RecordedExec().On(
            "start", _ => ++starts > 9 ? throw new InvalidOperationException("too many runs") : new("{}"u8.ToArray(), string.Empty, 0));
        exec.On("follow", words => Recording.Open(RecordedExec.Event(new()
        {
            Phase = PhaseNames.Of(Phase.Finish), Client = words[1], ElapsedSeconds = 1, End = NoClient,
        })));

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => new LiveRestore(cluster, Recorded.Access(exec), Options, () => new NoBlocks()).RunAsync(Token));

        Assert.Equal("No whole block came to the pod in 8 runs: The agent ended with status 141: No client came.", told.Message);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task A_run_that_ended_well_before_its_answer_came_has_succeeded_and_a_plan_is_asked_for_again(bool isDryRun, int runs)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context, 200, context.Request.Method == "POST" ? """{"status":{"allowed":true}}""" : Recorded.PodWith(Recorded.Running)));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        RecordedExec exec = new RecordedExec().On("start", "{}");
        exec.On("receive", _ => exec.Calls.Count(call => call == "start") == 1
            ? Recording.Cut([], "gone")
            : Recording.Open(Encoding.UTF8.GetString(ControlJson.Line(new() { Plan = [] }, ControlJson.Default.RestoreEvent))));
        exec.On("follow", words => Recording.Open(string.Empty) with { Talk = (_, output) => FollowAsync(exec, words[1], output, AllThere) });
        StringWriter told = new();

        PodResult result = await new LiveRestore(
            cluster, Recorded.Access(exec, told), Options with { IsDryRun = isDryRun }, () => new NoBlocks()).RunAsync(Token);

        Assert.Equal(0, result.Status);
        Assert.EndsWith("0 blocks back, 2 there already\n", told.ToString(), StringComparison.Ordinal);
        Assert.Equal(runs, exec.Calls.Count(call => call == "start"));
        Assert.Equal(isDryRun, told.ToString().Contains("0 to restore", StringComparison.Ordinal));
    }

    // The run ends soon after its first connection came.
    private static async Task<int?> FollowAsync(RecordedExec exec, string run, Stream output, RunEnd? end = null)
    {
        int before = Connections(exec);
        RunStatus status = new() { Phase = PhaseNames.Of(Phase.ReceiveBlocks), Client = run, ElapsedSeconds = 1 };
        await output.WriteAsync(Encoding.UTF8.GetBytes(RecordedExec.Event(status)), Token);
        while (Connections(exec) == before)
        {
            await Task.Delay(10, Token);
        }

        await output.WriteAsync(Encoding.UTF8.GetBytes(RecordedExec.Event(status with { End = end ?? NoClient }, position: 1)), Token);
        return 0;
    }

    private static int Connections(RecordedExec exec) => exec.Calls.Count(call => call == "receive");
}

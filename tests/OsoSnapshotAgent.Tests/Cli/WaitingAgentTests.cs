using System.Text.Json;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Cli;

public sealed class WaitingAgentTests : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(15);

    private readonly ManualTime _time = new();
    private readonly EndSignals _signals = new();
    private readonly FakeLauncher _launcher;

    public WaitingAgentTests() => _launcher = new(_time);

    [Fact]
    public async Task An_agent_that_is_told_nothing_ends_after_a_quarter_of_an_hour()
    {
        WaitingAgent agent = Agent(isResident: false);
        Task<ExitStatus> waiting = agent.RunAsync(_signals);

        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        agent.Touch();
        agent.Changes.Pulse();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        await EndsAsync(waiting, agent, ExitStatus.Done, TimeSpan.FromSeconds(2));
        Assert.Equal(ExitStatus.Busy, (ExitStatus)Start(agent, "late").ExitStatus);
        Assert.Empty(_launcher.Begun);
    }

    [Fact]
    public async Task A_run_keeps_the_agent_however_long_it_takes_and_gives_it_its_status()
    {
        WaitingAgent agent = Agent(isResident: false);
        Task<ExitStatus> waiting = agent.RunAsync(_signals);
        Assert.Equal(0, Start(agent, "run").ExitStatus);

        _time.Advance(Idle * 10);
        agent.Changes.Pulse();
        Assert.False(waiting.IsCompleted);
        _launcher.End(ExitStatus.NoBlock);

        await EndsAsync(waiting, agent, ExitStatus.NoBlock);
    }

    [Fact]
    public async Task A_resident_agent_stays_after_a_run_and_ends_when_it_is_asked_to()
    {
        WaitingAgent agent = Agent(isResident: true);
        Task<ExitStatus> waiting = agent.RunAsync(_signals);
        foreach (string run in (string[])["first", "second"])
        {
            Assert.Equal((0, run), (Start(agent, run).ExitStatus, agent.Describe().Client));
            Assert.Equal(ExitStatus.Busy, (ExitStatus)agent.Quit(evenIfResident: true).ExitStatus);
            _launcher.End(ExitStatus.Done);
            Assert.Equal(0, agent.Describe().End?.ExitStatus);
        }

        _time.Advance(Idle * 10);
        agent.Changes.Pulse();
        Assert.Equal(0, agent.Quit(evenIfResident: false).ExitStatus);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, agent.Quit(evenIfResident: true).ExitStatus);

        await EndsAsync(waiting, agent, ExitStatus.Done);
    }

    [Fact]
    public void The_same_name_again_succeeds_and_another_one_is_refused()
    {
        WaitingAgent agent = Agent(isResident: false);
        Start(agent, "run");

        Assert.Equal((0, "run"), (Start(agent, "run").ExitStatus, Start(agent, "run").Run?.Client));
        ControlAnswer refused = Start(agent, "other");
        Assert.Equal((ExitStatus.Busy, "run"), ((ExitStatus)refused.ExitStatus, refused.Run?.Client));
        _launcher.End(ExitStatus.Done);
        Assert.Equal(0, Start(agent, "run").Run?.End?.ExitStatus);
        Assert.Equal(ExitStatus.Busy, (ExitStatus)Start(agent, "other").ExitStatus);
        Assert.Single(_launcher.Begun);
    }

    [Fact]
    public void Wrong_settings_begin_no_run_and_the_agent_goes_on_waiting()
    {
        WaitingAgent agent = Agent(isResident: false);
        _launcher.Failure = new OperatorException(ExitStatus.Settings, "wrong", "correct it");

        ControlAnswer answer = Start(agent, "run");

        Assert.Equal((2, "wrong", "correct it"), (answer.ExitStatus, answer.Problem, answer.Remedy));
        Assert.Equal("wait", agent.Describe().Phase);
        _launcher.Failure = null;
        Assert.Equal(0, Start(agent, "run").ExitStatus);
    }

    [Fact]
    public async Task A_follower_gets_each_line_and_the_end_and_the_agent_need_not_wait_for_another_reader()
    {
        WaitingAgent agent = Agent(isResident: false);
        List<RunEvent> events = [];
        Task following = new RunFollower(agent, TimeProvider.System, AddAsync).RunAsync(1, null, TestContext.Current.CancellationToken);
        Start(agent, "run");
        LiveRun run = agent.Run!;
        run.Log.Add("first\nsecond");
        run.State.Enter(Phase.Preflight);
        run.Log.Add("third");
        _launcher.End(ExitStatus.Done);

        await following;

        Assert.Equal(["second", "third"], events.Select(one => one.Line).OfType<string>());
        Assert.Equal((3, 0), (events[^1].Position, events[^1].Run?.End?.ExitStatus));
        Assert.Equal("wait", events[0].Run?.Phase);
        Assert.True(run.Read.IsCompletedSuccessfully);

        Task AddAsync(RunEvent one)
        {
            events.Add(one);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("first", "first", 9)]
    [InlineData("never", "second", null)]
    public async Task A_follower_of_a_run_that_is_not_the_last_one_learns_at_once_what_is_known(
        string asked, string told, int? exitStatus)
    {
        WaitingAgent agent = Agent(isResident: true);
        Start(agent, "first");
        _launcher.End(ExitStatus.OtherPrometheus);
        Start(agent, "second");
        agent.Run!.Log.Add("a line of the second");

        RunEvent one = Assert.Single(await FollowAsync(agent, asked));

        Assert.Equal((told, exitStatus), (one.Run?.Client, one.Run?.End?.ExitStatus));
        Assert.Null(one.Line);
    }

    [Fact]
    public async Task A_follower_of_a_run_that_never_began_does_not_wait_for_one()
    {
        RunEvent one = Assert.Single(await FollowAsync(Agent(isResident: false), "never"));

        Assert.Equal(("wait", null), (one.Run?.Phase, one.Run?.Client));
    }

    [Fact]
    public void The_ends_of_earlier_runs_take_no_room_without_bound()
    {
        WaitingAgent agent = Agent(isResident: true);
        for (int run = 0; run < 100; run++)
        {
            Start(agent, $"run-{run}");
            _launcher.End(ExitStatus.Done);
        }

        Assert.Null(agent.Earlier("run-0"));
        Assert.NotNull(agent.Earlier("run-98")?.End);
    }

    public void Dispose()
    {
        _signals.Dispose();
        _launcher.Dispose();
    }

    private static ControlAnswer Start(WaitingAgent agent, string run) => agent.Start(JsonSerializer.SerializeToUtf8Bytes(
        new() { Run = run, Kind = RunKinds.Archive }, ControlJson.Default.StartRequest));

    private static async Task<List<RunEvent>> FollowAsync(WaitingAgent agent, string run)
    {
        List<RunEvent> events = [];
        await new RunFollower(agent, TimeProvider.System, AddAsync)
            .RunAsync(0, run, TestContext.Current.CancellationToken).WaitAsync(Idle);
        return events;

        Task AddAsync(RunEvent one)
        {
            events.Add(one);
            return Task.CompletedTask;
        }
    }

    private WaitingAgent Agent(bool isResident) => new(isResident, _launcher, _time);

    // The wait may begin only after the clock was advanced: then it needs another push.
    private async Task EndsAsync(Task<ExitStatus> waiting, WaitingAgent agent, ExitStatus status, TimeSpan advance = default)
    {
        _time.Advance(advance);
        while (await Task.WhenAny(waiting, Task.Delay(20, TestContext.Current.CancellationToken)) != waiting)
        {
            agent.Changes.Pulse();
        }

        Assert.Equal(status, await waiting);
    }
}

using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class AgentRunTests
{
    private static readonly RunEnd Done = new()
    {
        ExitStatus = 0,
        Message = "held, then released",
        At = DateTimeOffset.UnixEpoch,
    };

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hold_brings_the_archives_size_and_checksum()
    {
        await using AgentRun run = Follow(new RecordedExec().Follows(Recorded.Held));

        RunStatus status = await HoldAsync(run);

        Assert.Equal((39_084_740, Recorded.Sha256), (status.ArchiveBytes, status.Sha256));
        Assert.Null(run.End);
    }

    [Fact]
    public async Task After_a_cut_no_line_is_shown_twice_and_none_is_lost()
    {
        string[] log = [.. Enumerable.Range(1, 40).Select(number => RecordedExec.Event(number, $"line {number}."))];
        int calls = 0;
        RecordedExec exec = new RecordedExec().On("follow", words =>
        {
            int from = int.Parse(words[^1], System.Globalization.CultureInfo.InvariantCulture);

            // An agent that sends too much is no reason to show a line again.
            string rest = string.Concat(log.Skip(Math.Max(0, from - 3)));
            return ++calls switch
            {
                // A connection may break anywhere, also in a line.
                1 => Recording.Cut(Encoding.UTF8.GetBytes(rest[..(rest.Length / 3)])),
                2 => Recording.Refused(503, "busy"),
                3 => new(Encoding.UTF8.GetBytes(rest[..(rest.Length / 2)]), string.Empty, 0),
                _ => Recording.Open(rest + RecordedExec.Event(Recorded.Held)),
            };
        });
        using StringWriter said = new();
        await using AgentRun run = Follow(exec, said);

        await HoldAsync(run);

        Assert.Equal(
            Enumerable.Range(1, 40).Select(number => $"  │ line {number}."),
            said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal($"follow {Recorded.Run} --until-input-ends --from 0", exec.Calls[0]);
        Assert.All(exec.Calls.Skip(1), call => Assert.NotEqual(exec.Calls[0], call));
    }

    [Theory]
    [InlineData("""{"position":1,"run":{"phase":"preflight","version":"7.2.0","client":"mine","elapsedSeconds":1}}""")]
    [InlineData("""{"position":1,"run":{"phase":"preflight","version":"7.2.0","client":"theirs","elapsedSeconds":1}}""")]
    public async Task An_agent_of_another_version_is_told_from_its_first_answer(string first)
    {
        await using AgentRun run = Follow(new RecordedExec().On("follow", _ => Recording.Open(first + "\n")));

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => HoldAsync(run));

        Assert.Contains("has version 7.2.0", told.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl oso-snapshot cancel -n oso", told.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_no_event_is_not_believed()
    {
        await using AgentRun run = Follow(new RecordedExec().On("follow", _ => Recording.Open("<html>\n")));

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => HoldAsync(run));

        Assert.Contains("The agent's answer can't be read: <html>", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_agent_has_taken_another_clients_run_since_was_ended_by_that_client()
    {
        await using AgentRun run = Follow(new RecordedExec().Follows(Recorded.Held with { Client = "theirs" }));

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal(ExitStatus.EndedByAnother, told.Status);
        Assert.StartsWith("theirs ended the run at ", told.Message, StringComparison.Ordinal);
        Assert.EndsWith(": the agent has taken that client's run since", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_its_agent_was_never_told_is_not_waited_for()
    {
        RunStatus idle = new() { Phase = PhaseNames.Of(Phase.Wait), ElapsedSeconds = 0, Version = Recorded.Held.Version };
        RecordedExec exec = new RecordedExec().Follows(idle);
        await using AgentRun run = Follow(exec);

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal((0, null), (told.End?.ExitStatus, told.End?.EndedBy));
        Assert.Contains("it never began", told.Message, StringComparison.Ordinal);
        Assert.Single(exec.Calls);
    }

    [Fact]
    public async Task A_run_that_its_agent_no_longer_knows_has_failed()
    {
        RunStatus idle = new() { Phase = PhaseNames.Of(Phase.Wait), ElapsedSeconds = 0, Version = Recorded.Held.Version };
        RunStatus begun = Recorded.Held with { Phase = PhaseNames.Of(Phase.CaptureSnapshot) };
        await using AgentRun run = Follow(new RecordedExec().Follows(begun, idle));

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal(ClientStatus.Failed, told.Status);
        Assert.Contains("the agent no longer knows it", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_takes_no_name_is_followed_without_it()
    {
        RecordedExec exec = new RecordedExec().Follows(Recorded.Held)
            .On($"follow {Recorded.Run}", error: "Unrecognized command or argument", status: (int)ExitStatus.Settings);
        await using AgentRun run = Follow(exec);

        await HoldAsync(run);

        Assert.Equal("follow --until-input-ends --from 0", exec.Calls[^1]);
    }

    [Fact]
    public async Task The_end_of_a_run_before_its_hold_is_told_as_the_agent_told_it()
    {
        RunEnd end = Done with { ExitStatus = 4, Message = "the admin API is off", Remedy = "turn it on" };
        await using AgentRun run = Follow(new RecordedExec().Follows(Recorded.Held with { Phase = "finish", End = end }));

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal((ExitStatus.PrometheusRefused, "turn it on"), (told.Status, told.Remedy));
        Assert.Equal("The agent ended with status 4: the admin API is off", told.Message);
        Assert.Equal(4, (await run.AwaitEndAsync(Limit, Token))?.ExitStatus);
        await Assert.ThrowsAsync<RunEndedException>(() => run.ThrowIfEndedAsync(Token));
    }

    [Fact]
    public async Task Who_ended_the_run_is_told()
    {
        RunEnd end = Done with { EndedBy = "eve-on-\u001b[2Jhost", Message = "cancelled" };
        await using AgentRun run = Follow(new RecordedExec().Follows(Recorded.Held with { Phase = "finish", End = end }));

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal(ExitStatus.EndedByAnother, told.Status);
        Assert.StartsWith("eve-on- [2Jhost ended the run at 1970-01-01T00:00:00Z", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(6, 6)]
    [InlineData(256, 1)]
    public async Task The_end_of_the_container_without_an_event_is_no_success(int exitCode, int expected)
    {
        string pod = Recorded.PodWith($$$"""{"terminated": {"exitCode": {{{exitCode}}}, "message": "a\nlast word"}}""");
        RecordedExec exec = new RecordedExec().On("follow", _ => Recording.Refused(404, "container not found"));
        await using AgentRun run = Follow(exec, pod: pod);

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal(expected, (int)told.Status);
        Assert.EndsWith(": a last word", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_was_killed_with_Prometheus_names_that_as_the_cause()
    {
        const string Killed = """{"terminated": {"exitCode": 137, "message": "", "finishedAt": "2026-11-21T09:20:01Z"}}""";
        string pod = Recorded.PodWith(Killed).Replace(
            "\"phase\": \"Running\",",
            """
            "phase": "Running",
            "containerStatuses": [{"name": "prom-svr", "restartCount": 1, "state": {"running": {}}, "lastState":
              {"terminated": {"exitCode": 1, "reason": "OOMKilled", "finishedAt": "2026-11-21T09:20:00Z"}}}],
            """,
            StringComparison.Ordinal);
        RecordedExec exec = new RecordedExec().On("follow", _ => Recording.Refused(404, "container not found"));
        await using AgentRun run = Follow(exec, pod: pod);

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(() => HoldAsync(run));

        Assert.Equal(137, (int)told.Status);
        Assert.Contains(
            "Container prom-svr of the pod ended at 2026-11-21T09:20:00Z (OOMKilled, status 1), and the agent with it.",
            told.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_lasts_has_no_end_yet()
    {
        await using AgentRun run = Follow(new RecordedExec().Follows(Recorded.Held));

        Assert.Null(await run.AwaitEndAsync(TimeSpan.FromMilliseconds(50), Token));
    }

    private static Task<RunStatus> HoldAsync(AgentRun run) =>
        run.WaitAsync(status => status.Phase == "hold-for-copy", Token).WaitAsync(Limit, Token);

    private static AgentRun Follow(RecordedExec exec, TextWriter? output = null, string? pod = null) =>
        AgentRun.Follow(new(Recorded.Access(exec, output, pod), Recorded.Agent), Recorded.Run);
}

using System.Text;
using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Agents;

/// <summary>
/// Answers of a hostile agent. Other tests don't run meanwhile, because the memory of the process is measured.
/// </summary>
[Collection(nameof(ConsoleTests))]
public sealed class HostileAgentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"phase":"start","elapsedSeconds":1,"problems":[""", "\"\",")]
    [InlineData("""{"phase":"start","elapsedSeconds":1,"problems":["x"]} """, " ")]
    [InlineData("", "[")]
    public async Task An_answer_without_end_is_refused(string first, string repeated)
    {
        RecordedExec exec = new RecordedExec().On(
            "status", _ => new([], string.Empty, 0) { Endless = () => Repeated(first, repeated) });

        OperatorException told = await AliveMemory.BoundedAsync(
            () => Assert.ThrowsAsync<OperatorException>(() => Agent(exec).StatusAsync(Token)));

        Assert.Contains("longer than 4 MiB", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x\n")]
    [InlineData("\u001b[2J")]
    public async Task Errors_without_end_are_read_and_cut(string repeated)
    {
        RepeatedStream errors = Repeated("start ", repeated);
        RecordedExec exec = new RecordedExec().On("quit", _ => new([], string.Empty, 1) { EndlessError = () => errors });

        RemoteAnswer answer = await AliveMemory.BoundedAsync(() => Agent(exec).AskAsync(["quit"], Token));

        Assert.StartsWith("start", answer.ErrorText, StringComparison.Ordinal);
        Assert.InRange(answer.ErrorText.Length, 1, 64 << 10);
        Assert.Equal(200L << 20, errors.Passed);
    }

    [Theory]
    [InlineData("""{"position":1,"line":"ab""", "x")]
    [InlineData("""{"position":1,"run":{"phase":"start","client":"mine","elapsedSeconds":1,"problems":[""", "\"\",")]
    [InlineData("", "[")]
    public async Task An_event_without_end_ends_the_wait(string first, string repeated)
    {
        RecordedExec exec = new RecordedExec().On(
            "follow", _ => new([], string.Empty, 0) { Endless = () => Repeated(first, repeated, "\n") });

        OperatorException told = await AliveMemory.BoundedAsync(() => Assert.ThrowsAsync<OperatorException>(() => HoldAsync(exec)));

        Assert.StartsWith("The agent's answer can't be read: ", told.Message, StringComparison.Ordinal);
        Assert.InRange(told.Message.Length, 1, 200);
    }

    [Theory]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":-1}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":9223372036854775808}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":1,"sha256":"../../x"}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"snapshot":"../evil"}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"problems":[null]}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"blocksNotInSnapshot":[null]}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"end":{"exitStatus":0}}""")]
    [InlineData("""{"phase":"\u001b[2Jelsewhere","elapsedSeconds":1}""")]
    [InlineData("""{"elapsedSeconds":1}""")]
    [InlineData("null")]
    public async Task A_status_with_a_wrong_value_is_not_believed(string status)
    {
        RecordedExec exec = new RecordedExec().On("status", status)
            .On("follow", _ => Recording.Open(status == "null" ? "null\n" : $$"""{"run":{{status}}}""" + "\n"));
        OperatorException asked = await Assert.ThrowsAsync<OperatorException>(() => Agent(exec).StatusAsync(Token));
        OperatorException followed = await Assert.ThrowsAsync<OperatorException>(() => HoldAsync(exec));

        Assert.All([asked, followed], told =>
        {
            Assert.StartsWith("The agent's answer can't be read: ", told.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(told.Message, char.IsControl);
        });
    }

    [Theory]
    [InlineData("""{"position":-1,"line":"x"}""")]
    [InlineData("""{"position":9223372036854775808,"line":"x"}""")]
    [InlineData("""{"position":1,"line":{}}""")]
    [InlineData("[]")]
    public async Task An_event_with_a_wrong_value_is_not_believed(string line)
    {
        RecordedExec exec = new RecordedExec().On("follow", _ => Recording.Open(line + "\n"));

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => HoldAsync(exec));

        Assert.StartsWith("The agent's answer can't be read: ", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_line_of_the_log_is_cut_and_stripped()
    {
        using StringWriter said = new();
        string line = RecordedExec.Event(1, "\u001b]0;evil\a\u202e\n" + new string('x', 3 << 20));
        RecordedExec exec = new RecordedExec().On("follow", _ => Recording.Open(line + RecordedExec.Event(Recorded.Held)));

        await HoldAsync(exec, said);

        Assert.InRange(said.ToString().Length, 1, 5000);
        Assert.DoesNotContain(said.ToString(), letter => letter != '\n' && (char.IsControl(letter) || letter == '\u202e'));
        Assert.Single(said.ToString(), '\n');
    }

    [Theory]
    [InlineData("""{"exitStatus":256}""")]
    [InlineData("""{"exitStatus":-1}""")]
    [InlineData("""{"exitStatus":"0"}""")]
    [InlineData("<html>")]
    [InlineData("null")]
    public async Task An_answer_to_a_verb_with_a_wrong_value_is_not_believed(string answer)
    {
        RecordedExec exec = new RecordedExec().On("release", answer);

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => Agent(exec).ControlAsync(["release"], Token));

        Assert.StartsWith("The agent's answer can't be read: ", told.Message, StringComparison.Ordinal);
    }

    private static RemoteAgent Agent(RecordedExec exec, TextWriter? said = null) =>
        new(Recorded.Access(exec, said), Recorded.Agent);

    private static async Task<bool> HoldAsync(RecordedExec exec, TextWriter? said = null)
    {
        await using AgentRun run = AgentRun.Follow(Agent(exec, said), Recorded.Run);
        await run.WaitAsync(status => status.Phase == "hold-for-copy", Token);
        return true;
    }

    private static RepeatedStream Repeated(string first, string repeated, string last = "") =>
        new(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(repeated), Encoding.UTF8.GetBytes(last));
}

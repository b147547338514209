using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class RemoteAgentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("oso-on-bastion", "oso-on-bastion")]
    [InlineData("O'Brien-on-HOST.example.org", "o-brien-on-host-example-org")]
    [InlineData("-x-on-y-", "x-on-y")]
    [InlineData("Ünal-on-ß", "nal-on")]
    [InlineData("\u001b[31m", "31m")]
    [InlineData("..", "somebody")]
    [InlineData("", "somebody")]
    public void A_client_has_a_name_that_an_agent_takes(string text, string name)
    {
        Assert.Equal(name, RemoteAgent.NameOf(text));
        Assert.True(StartRequest.IsName(name));
    }

    [Theory]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(300)]
    public void A_long_name_is_cut_where_a_name_may_end(int letters)
    {
        string name = RemoteAgent.NameOf(new string('a', letters - 1) + "-b");

        Assert.True(StartRequest.IsName(name), name);
        Assert.True(StartRequest.IsName(RemoteAgent.Self));
    }

    [Fact]
    public async Task A_run_is_asked_for_with_its_length_before_it()
    {
        RecordedExec exec = new RecordedExec().On("start", """{"exitStatus":0}""");
        StartRequest request = new()
        {
            Run = Recorded.Run,
            Kind = RunKinds.Archive,
            Settings = new Dictionary<string, string> { ["CLUSTER_NAME_PREFIX"] = "Zürich" },
        };

        (ControlAnswer? answer, _) = await Agent(exec).BeginAsync(request, Token);

        Assert.Equal(0, answer?.ExitStatus);
        string[] sent = Assert.Single(exec.Inputs).Split('\n', 2);
        byte[] json = System.Text.Encoding.UTF8.GetBytes(sent[1]);
        Assert.Equal(sent[0], $"{json.Length}");
        Assert.Equal("Zürich", StartRequest.TryParse(json)?.Settings["CLUSTER_NAME_PREFIX"]);
    }

    [Fact]
    public async Task The_last_line_of_an_answer_counts()
    {
        RecordedExec exec = new RecordedExec().On(
            "release", """{"exitStatus":0,"progress":"deleting"}""" + "\n" + """{"exitStatus":9,"problem":"x"}""" + "\n", status: 9);

        (ControlAnswer? answer, RemoteAnswer raw) = await Agent(exec).ControlAsync(["release"], Token);

        Assert.Equal((9, "x", (int?)9), (answer?.ExitStatus, answer?.Problem, raw.ExitCode));
    }

    [Fact]
    public async Task An_answer_whose_end_did_not_come_is_none()
    {
        RecordedExec exec = new RecordedExec().On("release", _ => Recording.Cut("""{"exitStatus":0}"""u8.ToArray(), "reset"));

        (ControlAnswer? answer, RemoteAnswer raw) = await Agent(exec).ControlAsync(["release"], Token);

        Assert.Null(answer);
        Assert.Equal("reset", raw.ErrorText);
    }

    [Fact]
    public async Task A_refusal_of_the_cluster_is_an_answer_without_a_status()
    {
        ClusterException later = new(404, "NotFound", "no such container");
        RecordedExec exec = new RecordedExec().On("status", _ => Recording.Refused(403, "no right"))
            .On("quit", _ => new([], string.Empty, null) { Problem = later.Message, RefusedLater = later });

        RemoteAnswer now = await Agent(exec).AskAsync(["status"], Token);
        RemoteAnswer then = await Agent(exec).AskAsync(["quit"], Token);

        Assert.Equal((null, "no right", 403), (now.ExitCode, now.ErrorText, now.Refusal?.Code));
        Assert.Equal((null, "no such container", later), (then.ExitCode, then.ErrorText, then.Refusal));
    }

    private static RemoteAgent Agent(RecordedExec exec) => new(Recorded.Access(exec), Recorded.Agent);
}

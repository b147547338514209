using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class ArchiveWaitTests
{
    private const string Sha256 = "790ff1633d500f2fecddce51ff3ae6a8b1f752233751ead190eb0cb39cdce4b7";
    private const string Running = """{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""";
    private const string Killed =
        """{"terminated": {"exitCode": 137, "message": "", "finishedAt": "2026-11-21T09:20:01Z"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hold_brings_the_archives_size_and_checksum()
    {
        RunStatus status = await WaitAsync(
            Running, $$"""{"phase":"hold-for-copy","archiveBytes":39084740,"sha256":"{{Sha256}}","elapsedSeconds":9}""");

        Assert.Equal((39084740, Sha256), (status.ArchiveBytes, status.Sha256));
    }

    [Fact]
    public async Task An_agent_of_another_version_is_told_from_its_first_answer()
    {
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => WaitAsync(Running, """{"phase":"preflight","version":"7.2.0","elapsedSeconds":1}"""));

        Assert.Contains("has version 7.2.0", told.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl oso-snapshot cancel -n oso", told.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_no_status_is_not_believed()
    {
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => WaitAsync(Running, "<html>"));

        Assert.Contains("The agent's answer can't be read: <html>", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_was_killed_with_Prometheus_names_that_as_the_cause()
    {
        string pod = Recorded.PodWith(Killed).Replace(
            "\"phase\": \"Running\",",
            """
            "phase": "Running",
            "containerStatuses": [{"name": "prom-svr", "restartCount": 1, "state": {"running": {}}, "lastState":
              {"terminated": {"exitCode": 1, "reason": "OOMKilled", "finishedAt": "2026-11-21T09:20:00Z"}}}],
            """,
            StringComparison.Ordinal);
        RecordedKubectl kubectl = Kubectl(pod).On("exec", error: "error: container not found", status: 1);

        NotResumableException told = await Assert.ThrowsAsync<NotResumableException>(() => WaitAsync(kubectl));

        Assert.Equal(137, (int)told.Status);
        Assert.Contains(
            "Container prom-svr of the pod ended at 2026-11-21T09:20:00Z (OOMKilled, status 1), and the agent with it.",
            told.Message,
            StringComparison.Ordinal);
    }

    private static Task<RunStatus> WaitAsync(string agentState, string status) =>
        WaitAsync(Kubectl(Recorded.PodWith(agentState)).On("exec", status + "\n"));

    private static async Task<RunStatus> WaitAsync(RecordedKubectl kubectl)
    {
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        await watch.StartAsync(Token);
        AgentContainer agent = new(Recorded.Access(kubectl), watch, Recorded.Agent, "2026-11-21T09:21:49Z");
        return await ArchiveWait.RunAsync(agent, isAdopted: true, Token);
    }

    private static RecordedKubectl Kubectl(string pod) => new RecordedKubectl()
        .On("get pod", _ => new(Encoding.UTF8.GetBytes(pod), string.Empty, 0) { LastsUntilKilled = true })
        .On($"get pod {Recorded.Pod} -o", pod)
        .On("logs", "Prometheus snapshot procedure started\n");
}

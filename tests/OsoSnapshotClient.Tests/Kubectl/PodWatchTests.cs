using System.Text;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Kubectl;

public sealed class PodWatchTests
{
    private const string Running = """{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""";
    private const string Ended = """{"terminated": {"exitCode": 3, "message": "no\nPrometheus", "reason": "Error"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_object_of_a_watch_is_seen_while_the_watch_continues()
    {
        byte[] objects = Encoding.UTF8.GetBytes(Recorded.PodWith(Running) + Recorded.PodWith(Ended));
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "get pod", _ => new(objects, string.Empty, 0) { LastsUntilKilled = true });
        await using PodWatch watch = new(kubectl, Recorded.Pod);

        await watch.StartAsync(Token);
        AgentState? end = null;
        Assert.True(await watch.WaitAsync(
            pod => (end = pod.StateOf(Recorded.Agent)).HasEnded, TimeSpan.FromSeconds(30), Token));

        Assert.Equal((3, "no Prometheus"), (end!.ExitCode, end.Message));
    }

    [Fact]
    public async Task Who_may_not_watch_asks_again_and_again()
    {
        int asked = 0;
        RecordedKubectl kubectl = new RecordedKubectl()
            .On("get pod", _ => new(Encoding.UTF8.GetBytes(Recorded.PodWith(++asked < 3 ? Running : Ended)), string.Empty, 0))
            .On($"get pod {Recorded.Pod} -w", Recorded.PodWith(Running), "Error from server (Forbidden): unknown (get pods)", 1);
        await using PodWatch watch = new(kubectl, Recorded.Pod);

        await watch.StartAsync(Token);

        Assert.True(await watch.WaitAsync(
            pod => pod.StateOf(Recorded.Agent).HasEnded, TimeSpan.FromSeconds(30), Token));
        Assert.Single(kubectl.Calls, call => call.Contains(" -w ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_that_is_not_there_is_told_in_kubectls_words()
    {
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "get pod", error: "Error from server (NotFound): pods \"p\" not found\n", status: 1);
        await using PodWatch watch = new(kubectl, "p");

        (Pod? pod, KubectlAnswer? failure) = await watch.StartAsync(Token);

        Assert.Null(pod);
        Assert.Equal("Error from server (NotFound): pods \"p\" not found", failure!.ErrorText);
    }

    [Fact]
    public async Task A_state_that_does_not_come_in_time_is_no_state()
    {
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "get pod", _ => new(Encoding.UTF8.GetBytes(Recorded.PodWith(Running)), string.Empty, 0) { LastsUntilKilled = true });
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        await watch.StartAsync(Token);

        Assert.False(await watch.WaitAsync(
            pod => pod.StateOf(Recorded.Agent).HasEnded, TimeSpan.FromMilliseconds(50), Token));
    }
}

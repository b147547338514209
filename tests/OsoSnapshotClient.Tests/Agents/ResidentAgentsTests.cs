using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class ResidentAgentsTests
{
    private const string Resident = "oso-snapshot-resident-20261121-091649-27750";
    private const string Target = "prom-svr";
    private const string NoAgent = "command terminated with exit code 3";
    private const string Running = """{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""";
    private const string Ended = """{"terminated": {"exitCode": 0, "message": ""}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_idle_is_used()
    {
        AgentContainer agent = await ChooseAsync(Kubectl(Running).On("exec", error: NoAgent, status: 3));

        Assert.Equal(Resident, Assert.IsType<ResidentRun>(agent).Name);
        Assert.NotEqual(Resident, agent.Run);
    }

    [Theory]
    [InlineData(Running, "registry/oso_snapshot:2", Target)]
    [InlineData(Running, "registry/oso_snapshot:1", "other")]
    [InlineData(Ended, "registry/oso_snapshot:1", Target)]
    public async Task One_of_another_image_or_target_or_that_has_ended_is_left_alone(string state, string image, string target)
    {
        RecordedKubectl kubectl = Kubectl(state, image);

        AgentContainer agent = await ChooseAsync(kubectl, target: target);

        Assert.IsNotType<ResidentRun>(agent);
        Assert.DoesNotContain(kubectl.Calls, call => call.StartsWith("exec", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"phase":"hold-for-copy","client":"somebody","elapsedSeconds":9}""")]
    [InlineData("")]
    public async Task Beside_one_at_work_no_second_one_is_started(string status)
    {
        RecordedKubectl kubectl = Kubectl(Running).On("exec", status);

        Assert.IsNotType<ResidentRun>(await ChooseAsync(kubectl));
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => ChooseAsync(kubectl, staysAfter: true));

        Assert.Equal(ExitStatus.Busy, told.Status);
        Assert.DoesNotContain(kubectl.Calls, call => call.StartsWith("debug", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"phase":"start","client":"mine","elapsedSeconds":9}""", 0, ContainerPhase.Running)]
    [InlineData("""{"phase":"start","client":"theirs","elapsedSeconds":9}""", 0, ContainerPhase.Terminated)]
    [InlineData("""{"phase":"start","elapsedSeconds":9}""", 0, ContainerPhase.Terminated)]
    [InlineData("", 3, ContainerPhase.Terminated)]
    [InlineData("", 0, null)]
    [InlineData("", 1, null)]
    public async Task A_run_is_known_by_its_name(string status, int exitCode, object? phase)
    {
        RecordedKubectl kubectl = Kubectl(Running).On("exec", status, status: exitCode);
        await using PodWatch watch = await WatchAsync(kubectl);
        ResidentRun run = new(Recorded.Access(kubectl), watch, Resident, "mine");

        Assert.Equal((ContainerPhase?)phase, (await run.ReadStateAsync(Token))?.Phase);
    }

    [Theory]
    [InlineData("a line\nMARK ended with 0\n", 0)]
    [InlineData("a line\nMARK ended with 6\n", 6)]
    [InlineData("a line\nMARK ended with 256\n", 1)]
    [InlineData("a line\nended with 0\n0123456789abcdef ended with 0\n", 1)]
    [InlineData("a line\n", 1)]
    public async Task Its_end_is_what_the_container_tells_not_what_kubectl_returns(string output, int expected)
    {
        RecordedKubectl kubectl = Kubectl(Running).On("exec", words => Marked(words, output))
            .On($"exec {Recorded.Pod} -c {Resident} -- oso-snapshot status", error: NoAgent, status: 3);
        await using PodWatch watch = await WatchAsync(kubectl);
        ResidentRun run = new(Recorded.Access(kubectl), watch, Resident, "mine");
        await run.RequestAsync(Target, ["REMOVE=yes"], Token);

        AgentState? end = await run.AwaitEndAsync(TimeSpan.FromMinutes(1), Token);

        Assert.Equal(expected, end?.ExitCode);
        Assert.Contains(
            kubectl.Calls,
            call => call.EndsWith(" env OSO_SNAPSHOT_CLIENT=mine REMOVE=yes oso-snapshot", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_hold_of_another_run_in_the_same_container_is_not_waited_for()
    {
        const string Theirs = """{"phase":"hold-for-copy","client":"theirs","archiveBytes":1,"elapsedSeconds":9}""";
        RecordedKubectl kubectl = Kubectl(Running).On("exec", words => Marked(words, "Another run is at work\nMARK ended with 8\n"))
            .On($"exec {Recorded.Pod} -c {Resident} -- oso-snapshot status", Theirs);
        await using PodWatch watch = await WatchAsync(kubectl);
        ResidentRun run = new(Recorded.Access(kubectl), watch, Resident, "mine");
        await run.RequestAsync(Target, [], Token);

        NotResumableException told = await Assert.ThrowsAsync<NotResumableException>(
            () => ArchiveWait.RunAsync(run, isAdopted: false, Token));

        Assert.Equal(ExitStatus.Busy, told.Status);
    }

    // The word that the script prints before the status is its first argument: "-- sh -c SCRIPT MARK env …".
    private static Recording Marked(IReadOnlyList<string> words, string output) => new(
        Encoding.UTF8.GetBytes(output.Replace("MARK", words[8], StringComparison.Ordinal)), string.Empty, 0);

    private static async Task<AgentContainer> ChooseAsync(
        RecordedKubectl kubectl, bool staysAfter = false, string target = Target)
    {
        await using PodWatch watch = await WatchAsync(kubectl);
        ResidentAgents residents = new(Recorded.Access(kubectl), watch, TimeProvider.System);
        return await residents.ChooseAsync((await watch.ReadAsync(Token))!, target, staysAfter, Token);
    }

    private static async Task<PodWatch> WatchAsync(RecordedKubectl kubectl)
    {
        PodWatch watch = new(kubectl, Recorded.Pod);
        await watch.StartAsync(Token);
        return watch;
    }

    private static RecordedKubectl Kubectl(string state, string image = "registry/oso_snapshot:1")
    {
        string pod = Recorded.PodWith(state).Replace(Recorded.Agent, Resident, StringComparison.Ordinal)
            .Replace("registry/oso_snapshot:1", image, StringComparison.Ordinal);
        return new RecordedKubectl()
            .On("get pod", _ => new(Encoding.UTF8.GetBytes(pod), string.Empty, 0) { LastsUntilKilled = true })
            .On($"get pod {Recorded.Pod} -o", pod);
    }
}

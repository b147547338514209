using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class ResidentAgentsTests
{
    private const string Resident = "oso-snapshot-resident-20261121-091649-27750";
    private const string Ended = """{"terminated": {"exitCode": 0, "message": ""}}""";
    private const string Waits = """{"phase":"wait","elapsedSeconds":0}""";
    private const string End = """{"exitStatus":0,"message":"released","at":"2026-11-21T09:20:00Z"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Waits)]
    [InlineData($$"""{"phase":"finish","client":"somebody","elapsedSeconds":9,"end":{{End}}}""")]
    public async Task One_that_is_idle_is_used(string status)
    {
        RecordedExec exec = new RecordedExec().On("status", status);

        Assert.Equal(Resident, await FindAsync(exec));
        Assert.Equal(Resident, await FindAsync(exec, isRequired: true));
    }

    [Theory]
    [InlineData(Recorded.Running, "registry/oso_snapshot:2", Recorded.Target)]
    [InlineData(Recorded.Running, Recorded.Image, "other")]
    [InlineData(Ended, Recorded.Image, Recorded.Target)]
    public async Task One_of_another_image_or_target_or_that_has_ended_is_left_alone(string state, string image, string target)
    {
        RecordedExec exec = new();

        Assert.Null(await FindAsync(exec, isRequired: true, pod: Pod(state, image), target: target));
        Assert.Empty(exec.Calls);
    }

    [Theory]
    [InlineData("""{"phase":"hold-for-copy","client":"somebody","elapsedSeconds":9}""", 0)]
    [InlineData("""{"phase":"wait","version":"7.2.0","elapsedSeconds":9}""", 0)]
    [InlineData("<html>", 0)]
    [InlineData("", 0)]
    [InlineData("", 3)]
    public async Task Beside_one_at_work_no_second_one_is_started(string status, int exitCode)
    {
        RecordedExec exec = new RecordedExec().On("status", status, status: exitCode);

        Assert.Null(await FindAsync(exec));
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => FindAsync(exec, isRequired: true));

        Assert.Equal(ExitStatus.Busy, told.Status);
        Assert.Contains(Resident, told.Message, StringComparison.Ordinal);
        Assert.All(exec.Calls, call => Assert.Equal("status --json", call));
    }

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 65534, false)]
    [InlineData(null, 65534, true)]
    public async Task One_of_another_identity_is_left_alone(int? own, int needed, bool isUsed)
    {
        V1Pod pod = Pod(Recorded.Running);
        pod.Spec.EphemeralContainers[0].SecurityContext = new() { RunAsUser = own };

        string? found = await FindAsync(new RecordedExec().On("status", Waits), pod: pod, identity: new(needed, null));

        Assert.Equal(isUsed ? Resident : null, found);
    }

    [Theory]
    [InlineData("""{"phase":"start","client":"theirs","elapsedSeconds":9}""", 0, false)]
    [InlineData(Waits, 0, true)]
    [InlineData("", 3, null)]
    [InlineData("", 0, null)]
    public async Task Whether_one_is_idle_is_what_its_agent_says(string status, int exitCode, bool? isIdle)
    {
        RemoteAgent agent = new(
            Recorded.Access(new RecordedExec().On("status", status, status: exitCode)), Resident);

        Assert.Equal(isIdle, await ResidentAgents.IsIdleAsync(agent, Token));
    }

    [Theory]
    [InlineData(0, $"✅ Container {Resident} has ended\n")]
    [InlineData(8, $"⚠️ Container {Resident} was not ended: a run is at work.")]
    public async Task Those_that_wait_are_ended(int exitCode, string expected)
    {
        using StringWriter said = new();
        RecordedExec exec = new RecordedExec().On("quit", error: exitCode == 0 ? string.Empty : "a run is at work\n", status: exitCode);
        PodAccess access = Recorded.Access(exec, said) with { TryReadPod = _ => Task.FromResult<V1Pod?>(Pod(Ended)) };

        await new ResidentAgents(access, Pod(Recorded.Running), Recorded.Target).EndAsync(Token);

        Assert.StartsWith(expected, said.ToString(), StringComparison.Ordinal);
        Assert.Equal(["quit"], exec.Calls);
    }

    [Fact]
    public async Task A_pod_without_one_is_told_so()
    {
        using StringWriter said = new();
        PodAccess access = Recorded.Access(new RecordedExec(), said);

        await new ResidentAgents(access, Recorded.Read(Recorded.PodWith(Recorded.Running)), Recorded.Target).EndAsync(Token);

        Assert.Equal($"Pod {Recorded.Pod} has no container that stays\n", said.ToString());
    }

    private static Task<string?> FindAsync(
        RecordedExec exec,
        bool isRequired = false,
        V1Pod? pod = null,
        string target = Recorded.Target,
        AgentIdentity? identity = null) =>
        new ResidentAgents(Recorded.Access(exec), pod ?? Pod(Recorded.Running), target)
            .FindIdleAsync(isRequired, identity, Token);

    private static V1Pod Pod(string state, string image = Recorded.Image) => Recorded.Read(
        Recorded.PodWith(state).Replace(Recorded.Agent, Resident, StringComparison.Ordinal)
            .Replace(Recorded.Image, image, StringComparison.Ordinal));
}

using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Steps;

/// <summary>What is refused before anything is deleted or asked for.</summary>
public sealed class PreflightTests : IDisposable
{
    private static readonly AgentSettings NoHead = SampleData.NoReserve with { SkipHead = true };

    private readonly TempDirectory _directory = new();

    [Fact]
    public async Task Names_the_server_that_it_has_found()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = await RunAsync(NoHead with { Url = server.Url });

        Assert.Equal(server.Url, agent.Run.Server.BaseUrl);
        Assert.Contains($"Prometheus 2.42.0 at {server.Url}, admin API on", agent.Transcript.Lines);
        Assert.Equal(0, server.Posts);
    }

    [Fact]
    public async Task Refuses_an_admin_API_that_is_off_without_asking_for_a_snapshot()
    {
        using FakeServer server = new(request => FakeServer.Answer(200, "OK", request.Path.EndsWith("flags", StringComparison.Ordinal)
            ? FakeServer.Flags.Replace("true", "false", StringComparison.Ordinal)
            : FakeServer.BuildInfo));

        await Expect.FailureAsync(
            () => RunAsync(NoHead with { Url = server.Url }), ExitStatus.PrometheusRefused,
            $"The admin API of the Prometheus at {server.Url} is off.", "--web.enable-admin-api");

        Assert.Equal(0, server.Posts);
    }

    [Theory]
    [InlineData(false, "Not enough room: about 512.0 MiB are needed (512 MiB that Prometheus reserves for the in-memory head while it makes the snapshot); ", "OSO_SNAPSHOT_SKIP_HEAD=yes")]
    [InlineData(true, "Not enough room: about 1 B are needed (the snapshot's directories); ", "oso-snapshot export --stream")]
    public async Task Refuses_to_begin_without_room(bool skipHead, string problem, string remedy)
    {
        using FakeServer server = FakeServer.Prometheus(() => []);

        await Expect.FailureAsync(
            () => RunAsync(new AgentSettings { Url = server.Url, SkipHead = skipHead, Reserve = new Reserve(0, 100) }), ExitStatus.NoRoom, problem, remedy);
    }

    [Fact]
    public async Task Warns_of_a_connection_that_trusts_anybody()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = await RunAsync(NoHead with { Url = server.Url, Insecure = true });

        Assert.Contains("⚠️ OSO_SNAPSHOT_INSECURE is set: whoever answers over TLS is trusted.", agent.Transcript.Lines);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<Agent> RunAsync(AgentSettings settings, params string[] flags)
    {
        Agent agent = new(_directory, settings);
        agent.Run.Target = Agent.Beside(_directory.Root, flags: flags);
        await agent.Step<Preflight>().RunAsync(TestContext.Current.CancellationToken);
        return agent;
    }
}

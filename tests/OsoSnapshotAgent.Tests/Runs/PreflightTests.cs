using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests the refusals that precede any deletion or snapshot request.</summary>
public sealed class PreflightTests : IDisposable
{
    private static readonly AgentSettings NoHead = SampleData.NoReserve with { SkipHead = true };

    private readonly TempDirectory _directory = new();

    [Fact]
    public async Task Names_the_server_that_it_has_found()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, NoHead with { Url = server.Url });
        PrometheusServer found = await RunAsync(agent);

        Assert.Equal(server.Url, found.BaseUrl);
        Assert.Contains($"Prometheus 2.42.0 at {server.Url}, admin API on", agent.Transcript.Lines);
        Assert.Equal("2.42.0", agent.State.Describe().PrometheusVersion);
        Assert.Equal(0, server.Posts);
    }

    [Fact]
    public async Task Refuses_an_admin_API_that_is_off_without_asking_for_a_snapshot()
    {
        using FakeServer server = new(request => FakeServer.Answer(200, "OK", request.Path.EndsWith("flags", StringComparison.Ordinal)
            ? FakeServer.Flags.Replace("true", "false", StringComparison.Ordinal)
            : FakeServer.BuildInfo));
        using Agent agent = new(_directory, NoHead with { Url = server.Url });

        await Expect.FailureAsync(
            () => RunAsync(agent), ExitStatus.PrometheusRefused,
            $"The admin API of the Prometheus at {server.Url} is off.", "--web.enable-admin-api");

        Assert.Equal(0, server.Posts);
    }

    [Fact]
    public async Task Warns_of_a_connection_that_trusts_anybody()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, NoHead with { Url = server.Url, Insecure = true });
        await RunAsync(agent);

        Assert.Contains("⚠️ OSO_SNAPSHOT_INSECURE is set: the agent trusts any server that answers over TLS.", agent.Transcript.Lines);
    }

    public void Dispose() => _directory.Dispose();

    private static Task<PrometheusServer> RunAsync(Agent agent) =>
        agent.Get<Preflight>().RunAsync(agent.Client, agent.Target, TestContext.Current.CancellationToken);
}

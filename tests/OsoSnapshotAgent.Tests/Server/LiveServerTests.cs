using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests which servers take no blocks.</summary>
public sealed class LiveServerTests : IDisposable
{
    private const string Metrics = """
        prometheus_tsdb_blocks_loaded 0
        prometheus_tsdb_reloads_total 1
        prometheus_tsdb_reloads_failures_total 0

        """;

    private readonly TempDirectory _directory = new();

    [Fact]
    public Task A_server_that_still_reads_its_data_is_refused() => RefusedAsync(
        isReady: false, Metrics, " is not ready: it still reads its data, or is ending.", "Wait until it answers /-/ready");

    [Fact]
    public Task A_server_in_agent_mode_has_no_blocks_and_is_refused() => RefusedAsync(
        isReady: true, "prometheus_agent_active_series 1\n", " has no blocks to add to", "agent mode");

    [Fact]
    public async Task A_server_that_is_ready_and_has_a_database_is_accepted()
    {
        using FakeServer server = Server(isReady: true, Metrics);
        using Agent agent = new(_directory, new AgentSettings());

        Exception? refused = await Record.ExceptionAsync(
            () => new LiveServer(agent.Client, Agent.Server(server.Url)).RequireReadyAsync(TestContext.Current.CancellationToken));

        Assert.Null(refused);
    }

    [Theory]
    [InlineData("\"numSeries\": 1, ", 1000)]
    [InlineData("\"numSeries\": 0, ", 2000)]
    [InlineData("", 1000)]
    public async Task A_head_without_samples_begins_now(string series, long begins)
    {
        using FakeServer server = new(_ => FakeServer.Answer(
            200, "OK", $"{{\"status\":\"success\",\"data\":{{\"headStats\":{{{series}\"minTime\":1000}}}}}}"));
        using Agent agent = new(_directory, new AgentSettings());

        long start = await new LiveServer(agent.Client, Agent.Server(server.Url)).HeadStartAsync(
            DateTimeOffset.FromUnixTimeMilliseconds(2000), TestContext.Current.CancellationToken);

        Assert.Equal(begins, start);
    }

    public void Dispose() => _directory.Dispose();

    private async Task RefusedAsync(bool isReady, string metrics, string problem, string remedy)
    {
        using FakeServer server = Server(isReady, metrics);
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => new LiveServer(agent.Client, Agent.Server(server.Url)).RequireReadyAsync(TestContext.Current.CancellationToken),
            ExitStatus.PrometheusRefused,
            problem,
            remedy);
    }

    private static FakeServer Server(bool isReady, string metrics) => new(request => request.Path switch
    {
        "/-/ready" when !isReady => FakeServer.Answer(503, "Service Unavailable", "Service Unavailable", "text/plain"),
        "/metrics" => FakeServer.Answer(200, "OK", metrics, "text/plain"),
        _ => FakeServer.Answer(200, "OK", "Prometheus Server is Ready.\n", "text/plain"),
    });
}

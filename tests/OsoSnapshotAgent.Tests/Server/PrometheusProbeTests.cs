using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests the requests that precede the snapshot, and their credentials.</summary>
public sealed class PrometheusProbeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task Tells_the_version_and_whether_the_admin_API_is_on(string flag, bool isOn)
    {
        using FakeServer server = new(request => FakeServer.Answer(200, "OK", request.Path.EndsWith("buildinfo", StringComparison.Ordinal)
            ? FakeServer.BuildInfo
            : $$$"""{"status":"success","data":{"web.enable-admin-api":"{{{flag}}}","storage.tsdb.path":"/data"}}"""));
        using Agent agent = new(_directory, new AgentSettings());

        PrometheusServer found = await agent.Client.ProbeAsync(server.Url, Token);

        Assert.Equal(("2.42.0", isOn, "/data"), (found.Version, found.AdminApiEnabled, found.Flags["storage.tsdb.path"]));
    }

    [Fact]
    public async Task A_question_is_repeated_while_Prometheus_is_starting()
    {
        int asked = 0;
        using FakeServer server = new(request => ++asked <= 3 ? FakeServer.Answer(503, "Service Unavailable", "Service Unavailable", "text/plain")
            : FakeServer.Answer(200, "OK", request.Path.EndsWith("flags", StringComparison.Ordinal) ? FakeServer.Flags : FakeServer.BuildInfo));
        using Agent agent = new(_directory, new AgentSettings());

        PrometheusServer found = await agent.Client.ProbeAsync(server.Url, Token);

        Assert.True(found.AdminApiEnabled);
        Assert.Equal(3, agent.Transcript.Lines.Count(line => line.StartsWith("* Prometheus is not ready yet (503 Service Unavailable); attempt ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_question_without_an_answer_is_given_up_after_30_seconds()
    {
        using FakeServer server = new(_ => null);
        using Agent agent = new(_directory, new AgentSettings());
        Task<PrometheusServer> probe = agent.Client.ProbeAsync(server.Url, Token);
        await server.Unanswered.Task;

        agent.Time.Advance(TimeSpan.FromSeconds(31));

        await Expect.FailureAsync(() => probe, ExitStatus.PrometheusRefused, "api/v1/status/buildinfo did not answer within 30 s.", "Prometheus is overloaded or another program listens there.");
    }

    [Fact]
    public async Task A_server_that_is_no_Prometheus_is_told()
    {
        using FakeServer server = new(_ => FakeServer.Answer(200, "OK", "<html>It works!</html>", "text/html"));
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(() => agent.Client.ProbeAsync(server.Url, Token), ExitStatus.PrometheusRefused, "the answer is not that of Prometheus' API", "OSO_SNAPSHOT_URL");
    }

    [Fact]
    public async Task Reads_the_metrics_that_it_needs_and_no_more()
    {
        using FakeServer server = FakeServer.Prometheus(() => [], "# HELP a x\na 1.5\nab 2\na{x=\"y\"} 3\nb 1.755700005e+09\nc NaN\nbroken\n");
        using Agent agent = new(_directory, new AgentSettings());

        IReadOnlyDictionary<string, double> metrics = await agent.Client.MetricsAsync(server.Url, new HashSet<string> { "a", "b", "z" }, Token);

        Assert.Equal(new Dictionary<string, double> { ["a"] = 1.5, ["b"] = 1755700005 }, metrics);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\na 1\n", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0)]
    public async Task Metrics_that_break_off_are_no_failure(string answer, int count)
    {
        using FakeServer server = new(_ => System.Text.Encoding.ASCII.GetBytes(answer)) { HangsUp = true };
        using Agent agent = new(_directory, new AgentSettings());

        IReadOnlyDictionary<string, double> metrics = await agent.Client.MetricsAsync(server.Url, new HashSet<string> { "a", "z" }, Token);

        Assert.Equal(count, metrics.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("a 1\n", 1)]
    [InlineData("", 0)]
    public async Task Metrics_without_an_end_are_read_to_a_limit_and_fill_no_memory(string first, int count)
    {
        const int MoreThanIsRead = 64 << 20;
        byte[] endless = System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {2L * MoreThanIsRead}\r\n\r\n{first}{new string('x', MoreThanIsRead)}");
        using FakeServer server = new(_ => endless);
        using Agent agent = new(_directory, new AgentSettings());

        // The line never ends, and the answer never does. Without a limit, the client would wait for the rest.
        IReadOnlyDictionary<string, double> metrics = await agent.Client.MetricsAsync(
            server.Url,
            new HashSet<string> { "a", "z" },
            TestContext.Current.CancellationToken);

        Assert.Equal(count, metrics.Count);
    }

    public void Dispose() => _directory.Dispose();
}

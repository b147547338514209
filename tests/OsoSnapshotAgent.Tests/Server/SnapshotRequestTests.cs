using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class SnapshotRequestTests : IDisposable
{
    private const string Reply = $$$"""{"status":"success","data":{"name":"{{{SampleData.Name}}}"}}""";

    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prints_the_exchange_in_the_manner_of_curl()
    {
        using FakeServer server = FakeServer.Prometheus(() => FakeServer.Answer(200, "OK", Reply + "\n", extraHeaders: "X-Odd: a\u001b[31mb\r\n"));
        using Agent agent = new(_directory, new AgentSettings());

        SnapshotName name = await agent.Client.SnapshotAsync(Agent.Server(server.Url), Token);

        Assert.Equal(SampleData.Name, name.Text);
        Assert.Equal(
            [
                $"Request: POST {server.Url}api/v1/admin/tsdb/snapshot",
                $"* Connected to 127.0.0.1 (127.0.0.1) port {server.Port}",
                "> POST /api/v1/admin/tsdb/snapshot HTTP/1.1",
                $"> Host: 127.0.0.1:{server.Port}",
                $"> User-Agent: oso-snapshot/{ProductVersion.Text}",
                "> Accept: */*",
                "> Content-Length: 0",
                ">",
                "< HTTP/1.1 200 OK",
                "< X-Odd: a [31mb",
                "< Content-Type: application/json",
                "< Content-Length: 73",
                "<",
                Reply,
            ],
            agent.Transcript.Lines);
    }

    [Theory]
    [InlineData(false, "/api/v1/admin/tsdb/snapshot")]
    [InlineData(true, "/api/v1/admin/tsdb/snapshot?skip_head=true")]
    public async Task Leaves_out_the_head_only_when_asked_to(bool skipHead, string path)
    {
        using FakeServer server = FakeServer.Prometheus(() => FakeServer.Answer(200, "OK", Reply));
        using Agent agent = new(_directory, new AgentSettings { SkipHead = skipHead });

        await agent.Client.SnapshotAsync(Agent.Server(server.Url), Token);

        Assert.Equal(path, server.Requests.Single().Path);
    }

    [Fact]
    public async Task Keeps_the_prefix_of_the_base_URL()
    {
        using FakeServer server = new(_ => FakeServer.Answer(200, "OK", Reply));
        using Agent agent = new(_directory, new AgentSettings());

        await agent.Client.SnapshotAsync(Agent.Server(new Uri(server.Url, "occne3-n2/prometheus/")), Token);

        Assert.Equal("/occne3-n2/prometheus/api/v1/admin/tsdb/snapshot", server.Requests.Single().Path);
    }

    [Fact]
    public async Task Is_sent_once_when_a_reused_connection_dies_after_it()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, new AgentSettings());
        PrometheusServer found = await agent.Client.ProbeAsync(server.Url, Token);

        await Expect.FailureAsync(
            () => agent.Client.SnapshotAsync(found, Token), ExitStatus.PrometheusRefused,
            $"{server.Url}api/v1/admin/tsdb/snapshot: the connection broke: ", "See whether Prometheus restarted");

        Assert.Equal(1, server.Posts);
        Assert.All(server.Requests, request => Assert.Equal(1, request.Connection));
        Assert.DoesNotContain("attempt", agent.Transcript.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Is_sent_once_whatever_the_answer(int status)
    {
        using FakeServer server = FakeServer.Prometheus(() => FakeServer.Answer(status, "Odd", "later", extraHeaders: "Retry-After: 1\r\n"));
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => agent.Client.SnapshotAsync(Agent.Server(server.Url), Token), ExitStatus.PrometheusRefused, $"answered {status} Odd: later", "");

        Assert.Equal(1, server.Posts);
    }

    [Fact]
    public async Task Is_given_up_after_the_time_limit_of_the_settings()
    {
        using FakeServer server = FakeServer.Prometheus(() => null);
        using Agent agent = new(_directory, new AgentSettings { RequestTimeout = TimeSpan.FromHours(2) });
        Task<SnapshotName> request = agent.Client.SnapshotAsync(Agent.Server(server.Url), Token);
        await server.Unanswered.Task;

        agent.Time.Advance(TimeSpan.FromMinutes(119));
        Assert.False(request.IsCompleted);
        agent.Time.Advance(TimeSpan.FromMinutes(2));

        await Expect.FailureAsync(
            () => request, ExitStatus.PrometheusRefused,
            "did not answer within 2h. Prometheus may still be making the snapshot", "a longer OSO_SNAPSHOT_TIMEOUT");
        Assert.Equal(1, server.Posts);
    }

    [Fact]
    public async Task Stopped_by_a_signal_it_ends_as_cancelled()
    {
        using FakeServer server = FakeServer.Prometheus(() => null);
        using Agent agent = new(_directory, new AgentSettings());
        using CancellationTokenSource source = new();
        Task<SnapshotName> request = agent.Client.SnapshotAsync(Agent.Server(server.Url), source.Token);
        await server.Unanswered.Task;

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task Is_tried_again_with_a_visible_line_while_nothing_listens()
    {
        Uri url = new($"http://127.0.0.1:{FakeServer.UnusedPort()}/");
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => agent.Client.SnapshotAsync(Agent.Server(url), Token), ExitStatus.TargetUnreachable,
            $"Connection refused (127.0.0.1:{url.Port})", "See whether Prometheus runs and listens there.");

        string refused = $"* Connection refused (127.0.0.1:{url.Port}); attempt ";
        Assert.Equal(
            [refused + "2 of 6 follows in 0.5s", refused + "3 of 6 follows in 1.0s", refused + "4 of 6 follows in 2.0s", refused + "5 of 6 follows in 4.0s", refused + "6 of 6 follows in 8.0s"],
            agent.Transcript.Lines.Skip(1));
    }

    [Fact]
    public async Task Is_tried_again_while_the_name_is_not_resolved()
    {
        // RFC 6761 reserves "invalid": it never resolves.
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => agent.Client.SnapshotAsync(Agent.Server(new Uri("http://prometheus.invalid/")), Token), ExitStatus.TargetUnreachable,
            "the name prometheus.invalid can't be resolved", "Check OSO_PROMETHEUS_SERVICE_NAME");

        Assert.Equal(5, agent.Transcript.Lines.Count(line => line.Contains("follows in", StringComparison.Ordinal)));
    }

    public void Dispose() => _directory.Dispose();
}

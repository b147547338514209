using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class PrometheusLocatorTests : IDisposable
{
    private const double Started = FakeProc.BootTime + 42.5;

    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public PrometheusLocatorTests() => _proc = new(_directory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_given_URL_wins_over_all_discovery() => Assert.Equal(
        ["https://prom/x/"],
        Candidates(new AgentSettings { Url = new Uri("https://prom/x/"), ServiceName = "svc", ClusterNamePrefix = "p" }, Process()));

    [Fact]
    public void A_service_with_a_prefix_has_the_documented_URL_and_then_the_process_own() => Assert.Equal(
        ["http://svc/p/prometheus/", "http://127.0.0.1:9091/y/"],
        Candidates(new AgentSettings { ServiceName = "svc", ClusterNamePrefix = "p" }, Process(), "--web.listen-address=:9091", "--web.route-prefix=/y"));

    [Fact]
    public void A_service_without_a_prefix_is_tried_in_both_ways() => Assert.Equal(
        ["http://svc:8080/prometheus/", "http://svc:8080/", "http://127.0.0.1:9090/"],
        Candidates(new AgentSettings { ServiceName = "svc:8080" }, Process()));

    [Fact]
    public void A_prefix_without_a_service_applies_to_the_process() => Assert.Equal(
        ["http://127.0.0.1:9090/p/prometheus/", "http://127.0.0.1:9090/"], Candidates(new AgentSettings { ClusterNamePrefix = "p" }, Process()));

    [Fact]
    public void Without_any_variable_the_process_own_address_is_taken() =>
        Assert.Equal(["http://127.0.0.1:9090/"], Candidates(new AgentSettings(), Process()));

    [Fact]
    public void Each_URL_is_tried_once() => Assert.Equal(
        ["http://127.0.0.1:9090/prometheus/", "http://127.0.0.1:9090/"], Candidates(new AgentSettings { ServiceName = "127.0.0.1:9090" }, Process()));

    [Fact]
    public void A_web_configuration_with_TLS_means_HTTPS()
    {
        string tls = _directory.Write("tls.yml", "tls_server_config:\n  cert_file: x\n");
        string basic = _directory.Write("basic.yml", "basic_auth_users:\n  # tls_server_config:\n  a: b\n");

        Assert.Equal(["https://127.0.0.1:9090/"], Candidates(new AgentSettings(), Process(), "--web.config.file=" + tls));
        Assert.Equal(["http://127.0.0.1:9090/"], Candidates(new AgentSettings(), Process(), "--web.config.file=" + basic));
        Assert.Equal(["http://127.0.0.1:9090/"], Candidates(new AgentSettings(), Process(), "--web.config.file=/not/there"));
    }

    [Fact]
    public async Task Without_process_and_variables_says_which_to_set()
    {
        using Agent agent = new(_directory, new AgentSettings(), _proc);

        await Expect.FailureAsync(
            () => FindAsync(agent, agent.Target), ExitStatus.Settings,
            "No Prometheus process can be seen, and no variable says where Prometheus answers.", "Set OSO_SNAPSHOT_URL");
    }

    [Theory]
    [InlineData(Started, 12.34)]
    [InlineData(Started + 1, 12.34)]
    [InlineData(Started, 999)]
    public async Task The_local_process_is_accepted_and_so_is_one_that_may_be_it(double start, double cpu)
    {
        using FakeServer server = FakeServer.Prometheus(() => [], Metrics(start, cpu));
        using Agent agent = new(_directory, new AgentSettings { Url = server.Url }, _proc);

        PrometheusServer found = await FindAsync(agent, Agent.Beside(_directory.Root, Process()));

        Assert.Equal(server.Url, found.BaseUrl);
    }

    [Fact]
    public async Task A_service_that_can_not_be_reached_is_waited_for_once_whatever_its_paths()
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, new AgentSettings { ServiceName = $"127.0.0.1:{FakeServer.UnusedPort()}" }, _proc);

        PrometheusServer found = await FindAsync(
            agent,
            Agent.Beside(_directory.Root, Process(), flags: $"--web.listen-address=:{server.Port}"));

        Assert.Equal(server.Url, found.BaseUrl);
        Assert.Equal(5, agent.Transcript.Lines.Count(line => line.Contains("; attempt ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("process_cpu_seconds_total 999\n")]
    public async Task A_server_without_process_metrics_is_not_refused(string metrics)
    {
        using FakeServer server = FakeServer.Prometheus(() => [], metrics);
        using Agent agent = new(_directory, new AgentSettings { Url = server.Url }, _proc);

        Assert.Equal("2.42.0", (await FindAsync(agent, Agent.Beside(_directory.Root, Process()))).Version);
    }

    [Fact]
    public async Task At_the_pods_loopback_another_boot_time_is_accepted()
    {
        using FakeServer server = FakeServer.Prometheus(() => [], Metrics(Started + 100, 12.34));
        using Agent agent = new(_directory, new AgentSettings { Url = server.Url }, _proc);

        PrometheusServer found = await FindAsync(
            agent,
            Agent.Beside(_directory.Root, Process(), flags: $"--web.listen-address=:{server.Port}"));

        Assert.Equal(server.Url, found.BaseUrl);
    }

    [Theory]
    [InlineData(Started + 100, 999)]
    [InlineData(Started + 100, 12.34)]
    public async Task Another_Prometheus_is_refused(double start, double cpu)
    {
        using FakeServer server = FakeServer.Prometheus(() => [], Metrics(start, cpu));
        using Agent agent = new(_directory, new AgentSettings { Url = server.Url }, _proc);

        await Expect.FailureAsync(
            () => FindAsync(agent, Agent.Beside(_directory.Root, Process())), ExitStatus.OtherPrometheus,
            $"{server.Url} leads to another Prometheus, not to the local one (PID 7)", "OSO_SNAPSHOT_URL=http://127.0.0.1:PORT/PREFIX");
    }

    [Fact]
    public async Task A_service_that_leads_to_another_replica_gives_way_to_the_process_own_address()
    {
        using FakeServer replica = FakeServer.Prometheus(() => [], Metrics(Started + 100, 999));
        using FakeServer own = FakeServer.Prometheus(() => [], Metrics(Started, 12.34));
        using Agent agent = new(_directory, new AgentSettings { ServiceName = $"127.0.0.1:{replica.Port}" }, _proc);

        PrometheusServer found = await FindAsync(
            agent,
            Agent.Beside(_directory.Root, Process(), flags: $"--web.listen-address=127.0.0.1:{own.Port}"));

        Assert.Equal(own.Url, found.BaseUrl);
        Assert.Contains($"* {own.Url} answered, and the agent uses it", agent.Transcript.Lines);
        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith($"* {replica.Url} leads to another Prometheus", StringComparison.Ordinal));
    }

    [Fact]
    public async Task If_all_fail_the_status_is_that_of_a_failure_other_than_a_wrong_path()
    {
        using FakeServer server = FakeServer.Prometheus(() => [], Metrics(Started + 100, 999));
        using Agent agent = new(_directory, new AgentSettings { ServiceName = $"127.0.0.1:{server.Port}" }, _proc);
        TargetContainer target = Agent.Beside(_directory.Root, Process(), flags: $"--web.listen-address=127.0.0.1:{server.Port}");

        OperatorException failure = await Assert.ThrowsAnyAsync<OperatorException>(() => FindAsync(agent, target));

        Expect.Failure(failure, ExitStatus.OtherPrometheus, $"{server.Url}prometheus/api/v1/status/buildinfo answered 404 Not Found", "OSO_SNAPSHOT_URL");
        Assert.Contains($"\n{server.Url} leads to another Prometheus", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static Task<PrometheusServer> FindAsync(Agent agent, TargetContainer target) =>
        agent.Get<PrometheusLocator>().FindAsync(agent.Client, target, Token);

    private static string Metrics(double start, double cpu) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"process_cpu_seconds_total {cpu}\nprocess_start_time_seconds {start:e12}\n");

    private string[] Candidates(AgentSettings settings, ProcessInfo? process, params string[] flags) =>
        [.. CandidateUrls.Of(settings, Agent.Beside(_directory.Root, process, flags: flags)).Select(url => url.AbsoluteUri)];

    private ProcessInfo Process()
    {
        _proc.Add(7, "prometheus", ["prometheus"], cpuSeconds: 12.34, startSeconds: Started);
        return _proc.FileSystem.Processes().Single();
    }
}

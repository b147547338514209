using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>
/// Tests what causes the warning: the log on the volume, or counter and window if the log can't be seen.
/// </summary>
public sealed class OutOfOrderSamplesTests : IDisposable
{
    private const string Metrics = """
        # HELP prometheus_tsdb_head_out_of_order_samples_appended_total Total number of appended out of order samples.
        # TYPE prometheus_tsdb_head_out_of_order_samples_appended_total counter
        prometheus_tsdb_head_out_of_order_samples_appended_total{type="float"} 6
        prometheus_tsdb_head_out_of_order_samples_appended_total{type="a } b"} 2e+03
        prometheus_tsdb_head_out_of_order_samples_appended_total_of_another 50
        other{name="prometheus_tsdb_head_out_of_order_samples_appended_total"} 70

        """;

    private readonly TempDirectory _directory = new();

    [Fact]
    public async Task Without_a_log_nothing_is_asked_and_nothing_told() => await IsSilentAsync(questions: 0);

    [Theory]
    [InlineData("wbl/00000003", "")]
    [InlineData("wbl/.nfs0001", "stray")]
    [InlineData("wbl/00000003/00000004", "in a directory")]
    public async Task A_log_without_content_is_none(string path, string content)
    {
        _directory.Write(path, content);

        await IsSilentAsync(questions: 0);
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_segment_is_none()
    {
        _directory.Link("wbl/00000003", _directory.Write("elsewhere", "x"));

        await IsSilentAsync(questions: 0);
    }

    [Fact]
    public async Task A_log_with_content_is_told_with_the_number_of_all_types()
    {
        _directory.Write("wbl/00000000", "");
        _directory.Write("wbl/00000001", "x");
        (Agent agent, string? missing) = await FindAsync(Answers(Metrics));

        Assert.Equal(
            "samples that came out of order (2006 came since Prometheus started); a snapshot after the next head compaction has them",
            missing);
        Assert.Equal(
            [
                "⚠️ The in-memory head holds samples that came out of order (2006 came since Prometheus started). No snapshot holds"
                + " such samples. Prometheus writes them into blocks at its next head compaction, every two hours: a snapshot after"
                + " that has them.",
            ],
            agent.Transcript.Lines);
    }

    [Fact]
    public async Task A_number_without_labels_as_of_2_42_is_told()
    {
        _directory.Write("wbl/00000001", "x");
        (Agent agent, string? missing) = await FindAsync(Answers("prometheus_tsdb_head_out_of_order_samples_appended_total 1\n"));

        Assert.Contains("(1 came since Prometheus started)", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("prometheus_tsdb_head_out_of_order_samples_appended_total 0\n", 200)]
    [InlineData("prometheus_tsdb_head_out_of_order_samples_appended_total NaN\n", 200)]
    [InlineData("prometheus_tsdb_head_out_of_order_samples_appended_total 1e+300\n", 200)]
    [InlineData("prometheus_tsdb_head_out_of_order_samples_appended_total 7\n", 500)]
    public async Task A_log_with_content_is_told_without_a_number_that_nobody_knows(string metrics, int status)
    {
        _directory.Write("wbl/00000001", "x");
        (Agent agent, string? missing) = await FindAsync(Answers(metrics, status: status));

        Assert.Equal(
            "samples that came out of order; a snapshot after the next head compaction has them",
            missing);
    }

    [Fact]
    public async Task A_server_that_breaks_off_is_no_failure()
    {
        _directory.Write("wbl/00000001", "x");
        (Agent agent, string? missing) = await FindAsync(_ => []);

        Assert.StartsWith("samples that came out of order;", missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_log_can_not_be_seen_the_counter_and_the_window_decide()
    {
        _directory.Link("wbl", "/tmp");
        (Agent agent, string? missing) = await FindAsync(Answers(Metrics, "    out_of_order_time_window: 30m\n"));

        Assert.StartsWith(
            "perhaps samples that came out of order (2006 came since Prometheus started);",
            missing,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "⚠️ The in-memory head may hold samples that came out of order (2006 came",
            Assert.Single(agent.Transcript.Lines),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 200, 2)]
    [InlineData("    out_of_order_time_window: 0s\n", 200, 2)]
    [InlineData("  regex: out_of_order_time_window: 30m\n", 200, 2)]
    [InlineData("    out_of_order_time_window: 30m\n", 404, 1)]
    public async Task Without_a_window_or_a_counter_nothing_is_told_of_a_log_that_can_not_be_seen(
        string configuration, int metricsStatus, int questions)
    {
        _directory.Link("wbl", "/tmp");

        await IsSilentAsync(questions, Answers(Metrics, configuration, metricsStatus));
    }

    [Fact]
    public async Task A_configuration_that_is_larger_than_any_is_not_read()
    {
        _directory.Link("wbl", "/tmp");

        string configuration = "out_of_order_time_window: 30m\n" + new string('#', 1024 * 1024);

        await IsSilentAsync(questions: 2, Answers(Metrics, configuration));
    }

    public void Dispose() => _directory.Dispose();

    private static Func<FakeRequest, byte[]?> Answers(string metrics, string configuration = "", int status = 200)
    {
        string yaml = JsonSerializer.Serialize("global:\n" + configuration);
        string reply = $$$"""{"status":"success","data":{"yaml":{{{yaml}}}}}""";
        return request => request.Path switch
        {
            "/metrics" => FakeServer.Answer(status, "x", metrics, "text/plain"),
            "/api/v1/status/config" => FakeServer.Answer(200, "OK", reply),
            _ => Encoding.ASCII.GetBytes("unasked"),
        };
    }

    private async Task<(Agent Agent, string? Missing)> FindAsync(Func<FakeRequest, byte[]?> answer, int? questions = null)
    {
        using FakeServer server = new(answer);
        Agent agent = new(_directory, new AgentSettings());
        string? missing = await agent.Get<OutOfOrderSamples>()
            .FindAsync(agent.Client, Agent.Server(server.Url), agent.Target.Data, TestContext.Current.CancellationToken);

        Assert.Equal(questions ?? server.Requests.Count, server.Requests.Count);
        return (agent, missing);
    }

    private async Task IsSilentAsync(int questions, Func<FakeRequest, byte[]?>? answer = null)
    {
        (Agent agent, string? missing) = await FindAsync(answer ?? Answers(Metrics), questions);

        Assert.Null(missing);
        Assert.Empty(agent.Transcript.Lines);
    }
}

using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>
/// Tests answers to the snapshot's POST that no Prometheus gives. They are refused with status 4, and the POST is sent
/// once.
/// </summary>
public sealed class HostileServerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Theory]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("20250820T165101Z-0eb533ff8d43ed64/../../x")]
    [InlineData("20250820T165101Z-0eb533ff8d43ed64\\n")]
    [InlineData("20250820T165101Z-0eb533ff\\u0000d43ed64")]
    [InlineData("20250820T165101Z-0eb533ff\\u001b[2J")]
    public async Task An_invalid_name_is_refused(string name) =>
        await RefusedAsync(FakeServer.Answer(200, "OK", $$$"""{"status":"success","data":{"name":"{{{name}}}"}}"""));

    [Theory]
    [InlineData("""{"status":"success","data":{"name":17}}""")]
    [InlineData("""{"status":"success","data":["20250820T165101Z-0eb533ff8d43ed64"]}""")]
    [InlineData("""{"status":"success","data":null}""")]
    [InlineData("""{"status":"success","data":{"name":"20250820T165101Z-0eb5""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("<html><body>Sign in to the proxy</body></html>")]
    public async Task A_body_of_another_form_is_refused(string body) => await RefusedAsync(FakeServer.Answer(200, "OK", body));

    [Fact]
    public async Task A_body_nested_without_end_is_refused() => await RefusedAsync(FakeServer.Answer(200, "OK", new string('[', 500_000)));

    [Fact]
    public async Task A_body_larger_than_any_answer_is_refused() => await RefusedAsync(FakeServer.Answer(200, "OK", new string(' ', 8 << 20)));

    [Fact]
    public async Task A_chunk_that_never_ends_is_refused() =>
        await RefusedAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n{new string(' ', 8 << 20)}"));

    [Fact]
    public async Task Headers_without_an_end_are_refused() =>
        await RefusedAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nX: {new string('x', 8 << 20)}"));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n{", "the answer was not complete within 30s")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "the answer was not complete within 30s")]
    [InlineData("HTTP/1.1 200 OK\r\nX: ", "did not answer within 1h")]
    public async Task An_answer_that_drips_for_ever_is_given_up(string start, string problem)
    {
        using FakeServer server = new(_ => Encoding.ASCII.GetBytes(start)) { Drips = true };
        using Agent agent = new(_directory, new AgentSettings { RequestTimeout = TimeSpan.FromHours(1) });
        Task asking = agent.Client.SnapshotAsync(Agent.Server(server.Url), TestContext.Current.CancellationToken);

        await Expect.FailureAsync(() => PassAsync(asking, server, agent, TimeSpan.FromMinutes(1)), ExitStatus.PrometheusRefused, problem, string.Empty);

        Assert.Equal(1, server.Posts);
    }

    [Fact]
    public async Task Metrics_that_drip_for_ever_count_as_missing()
    {
        using FakeServer server = new(_ => Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\na 1\nb")) { Drips = true };
        using Agent agent = new(_directory, new AgentSettings());
        Task<IReadOnlyDictionary<string, double>> asking = agent.Client.MetricsAsync(server.Url, new HashSet<string> { "a", "b" }, TestContext.Current.CancellationToken);

        await PassAsync(asking, server, agent, TimeSpan.FromSeconds(1));

        Assert.Equal(["a"], (await asking).Keys);
    }

    public void Dispose() => _directory.Dispose();

    // The client may set its timer at any time, so the clock is advanced until the client gives up.
    private static async Task PassAsync(Task asking, FakeServer server, Agent agent, TimeSpan step)
    {
        await server.Unanswered.Task;
        for (int steps = 0; steps < 2000 && !asking.IsCompleted; steps++)
        {
            agent.Time.Advance(step);
            await Task.WhenAny(asking, Task.Delay(10, TestContext.Current.CancellationToken));
        }

        Assert.True(asking.IsCompleted, "The client is still waiting.");
        await asking;
    }

    private async Task RefusedAsync(byte[] answer)
    {
        using FakeServer server = new(_ => answer);
        using Agent agent = new(_directory, new AgentSettings());

        OperatorException refused = await Assert.ThrowsAnyAsync<OperatorException>(
            () => agent.Client.SnapshotAsync(Agent.Server(server.Url), TestContext.Current.CancellationToken));

        Assert.Equal(ExitStatus.PrometheusRefused, refused.Status);
        Assert.Equal(1, server.Posts);
        Assert.DoesNotContain('\u001b', agent.Transcript.Text);
    }
}

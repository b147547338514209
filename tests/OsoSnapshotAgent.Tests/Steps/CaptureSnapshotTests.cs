using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Steps;

public sealed class CaptureSnapshotTests : IDisposable
{
    private const string Orphan = "20250820T165102Z-1";

    private readonly TempDirectory _directory = new();

    [Fact]
    public async Task Takes_the_snapshot_that_lies_on_this_volume()
    {
        using Agent agent = new(_directory, new AgentSettings());
        await RunAsync(agent, () => Success(_directory));

        Assert.Equal(SampleData.Name, agent.Run.Snapshot.Text);
        Assert.Contains("STEP 2: CAPTURING SNAPSHOT OF CURRENT PROMETHEUS DB USING ADMINISTRATIVE API", agent.Transcript.Lines);
        Assert.Contains("< HTTP/1.1 200 OK", agent.Transcript.Lines);
        Assert.Contains($"✅ Snapshot {SampleData.Name} captured.", agent.Transcript.Lines);
        Assert.EndsWith(" snapshots", agent.Transcript.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_the_head_is_left_out()
    {
        using Agent agent = new(_directory, new AgentSettings { SkipHead = true });
        await RunAsync(agent, () => Success(_directory));

        Assert.Contains($"✅ Snapshot {SampleData.Name} captured, without the in-memory head.", agent.Transcript.Lines);
    }

    [Fact]
    public async Task Deletes_what_a_refused_request_has_left_and_nothing_else()
    {
        _directory.Make($"snapshots/{SampleData.Name}");
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => RunAsync(agent, () =>
            {
                _directory.Write($"snapshots/{Orphan}/01J/index", "half");
                _directory.Make("snapshots/of-somebody-else");
                return FakeServer.Answer(500, "Internal Server Error", """{"status":"error","error":"preallocate: no space left on device"}""");
            }),
            ExitStatus.NoRoom, "Prometheus has no room for the snapshot", "OSO_SNAPSHOT_SKIP_HEAD");

        Assert.Equal([$"snapshots/", $"snapshots/{SampleData.Name}/", "snapshots/of-somebody-else/"], _directory.Content());
        Assert.Contains($"* deleted what the failed request left: snapshots/{Orphan}", agent.Transcript.Lines);
    }

    [Fact]
    public async Task Leaves_alone_what_a_Prometheus_that_has_not_answered_may_still_be_filling()
    {
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => RunAsync(agent, () =>
            {
                _directory.Make($"snapshots/{Orphan}");
                return [];
            }),
            ExitStatus.PrometheusRefused, "the connection broke", "restarted");

        Assert.Equal(["snapshots/", $"snapshots/{Orphan}/"], _directory.Content());
    }

    [Fact]
    public async Task A_snapshot_that_lies_elsewhere_was_made_by_another_Prometheus()
    {
        using Agent agent = new(_directory, new AgentSettings());
        using TempDirectory elsewhere = new();

        await Expect.FailureAsync(
            () => RunAsync(agent, () => Success(elsewhere)), ExitStatus.OtherPrometheus,
            $"Prometheus has made the snapshot {SampleData.Name}, but not in {_directory.PathOf("snapshots")}", $"delete snapshots/{SampleData.Name} where it was made");
    }

    public void Dispose() => _directory.Dispose();

    private static byte[] Success(TempDirectory directory)
    {
        directory.Make($"snapshots/{SampleData.Name}");
        return FakeServer.Answer(200, "OK", $$$"""{"status":"success","data":{"name":"{{{SampleData.Name}}}"}}""");
    }

    private static async Task RunAsync(Agent agent, Func<byte[]?> post)
    {
        using FakeServer server = FakeServer.Prometheus(post);
        agent.Run.Server = Agent.Server(server.Url);
        await agent.Step<CaptureSnapshot>().RunAsync(TestContext.Current.CancellationToken);
    }
}

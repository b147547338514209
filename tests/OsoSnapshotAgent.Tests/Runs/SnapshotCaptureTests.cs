using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class SnapshotCaptureTests : IDisposable
{
    private const string Orphan = "20250820T165102Z-1";

    private readonly TempDirectory _directory = new();

    [Fact]
    public async Task Takes_the_snapshot_that_lies_on_this_volume()
    {
        using Agent agent = new(_directory, new AgentSettings());
        CapturedSnapshot captured = await RunAsync(agent, () => Success(_directory));

        Assert.Equal(SampleData.Name, captured.Name.Text);
        Assert.Equal(SampleData.Name, agent.State.Describe().Snapshot);
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
    public async Task Of_several_new_ones_none_is_deleted_since_nobody_can_tell_whose_they_are()
    {
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => RunAsync(agent, () =>
            {
                _directory.Make($"snapshots/{Orphan}");
                _directory.Make($"snapshots/{SampleData.Name}");
                return FakeServer.Answer(500, "Internal Server Error", """{"status":"error","error":"oh"}""");
            }),
            ExitStatus.PrometheusRefused, "500 Internal Server Error: oh", "own log: kubectl logs");

        Assert.Equal(["snapshots/", $"snapshots/{SampleData.Name}/", $"snapshots/{Orphan}/"], _directory.Content());
        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith($"⚠️ Found snapshots/{SampleData.Name}, snapshots/{Orphan}, all new since the request", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signal_takes_back_the_snapshot_that_Prometheus_is_still_making_and_what_it_makes_again()
    {
        using Agent agent = new(_directory, new AgentSettings());
        using CancellationTokenSource signal = new();
        int looks = 0;
        agent.Time.OnSkip = () =>
        {
            if (++looks == 2)
            {
                _directory.Make($"snapshots/{Orphan}/01J");
            }
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            agent,
            () =>
            {
                _directory.Write($"snapshots/{Orphan}/01J/index", "half");
                signal.Cancel();
                return null;
            },
            signal.Token));

        Assert.Equal("No partial file was left behind.", agent.Undo.Remains);
        Assert.Empty(_directory.Content());
        Assert.Contains("* deleted the snapshot that Prometheus was still making", agent.Transcript.Lines);
    }

    [Fact]
    public async Task A_signal_before_Prometheus_has_begun_says_that_it_may_still_make_one()
    {
        using Agent agent = new(_directory, new AgentSettings());
        using CancellationTokenSource signal = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            agent,
            () =>
            {
                signal.Cancel();
                return null;
            },
            signal.Token));

        Assert.Equal("Prometheus is still making the snapshot under snapshots/. The next run, or REMOVE=yes, will delete it.", agent.Undo.Remains);
        Assert.InRange((agent.Time.GetUtcNow() - ManualTime.Start).TotalSeconds, 0.5, 0.9);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_new_is_left_alone_where_another_stream_may_have_asked_for_it(bool hasOther)
    {
        using Agent agent = new(_directory, new AgentSettings());
        using FileLock? other = hasOther ? _directory.Open().TryLock(isShared: true) : null;

        await Expect.FailureAsync(
            () => RunAsync(
                agent,
                () =>
                {
                    _directory.Make($"snapshots/{Orphan}");
                    return FakeServer.Answer(500, "Internal Server Error", """{"status":"error","error":"oh"}""");
                },
                runLock: RunLock.Take(agent.Target.Data, isShared: true)),
            ExitStatus.PrometheusRefused, "500 Internal Server Error: oh", "own log: kubectl logs");

        Assert.Equal(hasOther, Directory.Exists(_directory.PathOf($"snapshots/{Orphan}")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 6\r\n\r\n<html>")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")]
    public async Task What_a_request_without_an_answer_of_Prometheus_has_left_is_deleted_once_it_is_quiet(string answer)
    {
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(
            () => RunAsync(agent, () =>
            {
                _directory.Write($"snapshots/{Orphan}/01J/index", "half");
                return System.Text.Encoding.ASCII.GetBytes(answer);
            }),
            ExitStatus.PrometheusRefused, "/api/v1/admin/tsdb/snapshot", string.Empty);

        Assert.Empty(_directory.Content());
        string[] lines = [.. agent.Transcript.Lines];
        int found = Array.IndexOf(lines, $"* found snapshots/{Orphan}; waiting until nothing is written there any more");
        Assert.InRange(found, 0, Array.IndexOf(lines, $"* deleted what the failed request left: snapshots/{Orphan}"));
        Assert.InRange((agent.Time.GetUtcNow() - ManualTime.Start).TotalSeconds, 5, 20);
    }

    [Fact]
    public async Task A_snapshot_that_still_grows_is_left_alone()
    {
        using Agent agent = new(_directory, new AgentSettings());
        string index = $"snapshots/{Orphan}/01J/index";
        agent.Time.OnSkip = () => _directory.Write(index, agent.Time.GetUtcNow().ToString("O"));

        await Expect.FailureAsync(
            () => RunAsync(agent, () =>
            {
                _directory.Write(index, "half");
                return [];
            }),
            ExitStatus.PrometheusRefused, "the connection broke", "restarted");

        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith($"⚠️ Prometheus is still writing snapshots/{Orphan}. The next run", StringComparison.Ordinal));
        Assert.Contains(index, _directory.Content());
    }

    [Fact]
    public async Task A_request_without_an_answer_that_has_left_nothing_says_so()
    {
        using Agent agent = new(_directory, new AgentSettings());

        await Expect.FailureAsync(() => RunAsync(agent, () => []), ExitStatus.PrometheusRefused, "the connection broke", "restarted");

        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith("* the request has left nothing under snapshots/ so far", StringComparison.Ordinal));
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

    private static async Task<CapturedSnapshot> RunAsync(
        Agent agent,
        Func<byte[]?> post,
        CancellationToken? token = null,
        RunLock? runLock = null)
    {
        using FakeServer server = FakeServer.Prometheus(post);
        return await agent.CaptureAsync(server.Url, runLock, token);
    }
}

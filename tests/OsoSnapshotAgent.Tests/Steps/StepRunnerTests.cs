using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Steps;

public sealed class StepRunnerTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly Recorder _recorder = new();
    private readonly SnapshotRun _run;

    public StepRunnerTests()
    {
        _run = new(_sample.Time) { Target = Agent.Beside(_sample.Directory.Root), Snapshot = _sample.Snapshot };
        _sample.Directory.Write("termination-log", string.Empty);
    }

    private string Termination => File.ReadAllText(_sample.Directory.PathOf("termination-log"));

    [Fact]
    public async Task Runs_the_steps_in_order_and_returns_what_they_have_set()
    {
        List<int> order = [];

        ExitStatus status = await RunAsync(
            () => order.Add(1),
            () =>
            {
                order.Add(2);
                (_run.Status, _run.Summary) = (ExitStatus.ArchiveFailed, "archived, but blocks are damaged");
            });

        Assert.Equal([1, 2], order);
        Assert.Equal((ExitStatus.ArchiveFailed, "archived, but blocks are damaged"), (status, Termination));
    }

    [Fact]
    public async Task A_failure_ends_the_run_with_its_status_problem_and_remedy()
    {
        bool wentOn = false;

        ExitStatus status = await RunAsync(
            () => throw new AgentException(ExitStatus.NoBlock, "no block\nat all", "scrape something"), () => wentOn = true);

        Assert.False(wentOn);
        Assert.Equal(ExitStatus.NoBlock, status);
        Assert.Equal(["❌ no block", "❌ at all", "   What to do: scrape something", "Exit status 7."], _recorder.Lines);
        Assert.Equal("no block at all What to do: scrape something", Termination);
    }

    [Fact]
    public async Task The_words_of_a_server_are_in_the_transcript_alone()
    {
        await RunAsync(() => throw new AgentException(ExitStatus.PrometheusRefused, "It answered 500: {\"x\"", "look")
        {
            Brief = "It answered 500.",
        });

        Assert.Contains("❌ It answered 500: {\"x\"", _recorder.Lines);
        Assert.Equal("It answered 500. What to do: look", Termination);
    }

    [Fact]
    public async Task A_failure_takes_back_the_partial_archive_and_the_snapshot()
    {
        ExitStatus status = await RunAsync(() =>
        {
            StartArchive();
            throw new AgentException(ExitStatus.ArchiveFailed, "p", "r");
        });

        Assert.Equal(ExitStatus.ArchiveFailed, status);
        Assert.Equal(["termination-log", "wal/", "wal/00000000"], _sample.Directory.Content());
    }

    [Fact]
    public async Task A_failure_before_anything_was_made_leaves_the_archive_of_an_earlier_run()
    {
        SnapshotRun untouched = new(_sample.Time) { Target = _run.Target };
        _sample.Directory.Write("snapshots.tgz", "old");
        _sample.Directory.Write("snapshots.tgz.sha256", "old");
        IReadOnlyList<string> before = _sample.Directory.Content();

        await RunAsync(untouched, () => throw new AgentException(ExitStatus.PrometheusRefused, "p", "r"));

        Assert.Equal(before, _sample.Directory.Content());
        untouched.Dispose();
    }

    [Fact]
    public async Task A_failure_after_the_archive_is_whole_takes_nothing_back()
    {
        ExitStatus status = await RunAsync(() =>
        {
            StartArchive();
            _run.Archive.Commit();
            _run.IsArchiveKept = true;
            throw new IOException("the terminal is gone");
        });

        Assert.Equal(ExitStatus.ArchiveFailed, status);
        Assert.True(File.Exists(_sample.Data.Archive));
        Assert.True(Directory.Exists(_sample.SnapshotPath));
    }

    [Theory]
    [InlineData(28, ExitStatus.NoRoom)]
    [InlineData(122, ExitStatus.NoRoom)]
    [InlineData(5, ExitStatus.ArchiveFailed)]
    [InlineData(30, ExitStatus.ArchiveFailed)]
    public async Task A_file_system_error_is_told_by_its_number(int errno, object expected)
    {
        ExitStatus status = await RunAsync(() => throw new IOException("as the kernel says", errno));

        Assert.Equal(expected, status);
        Assert.Contains("❌ as the kernel says", _recorder.Lines);
        Assert.Contains(_recorder.Lines, line => line.StartsWith("   What to do: See whether the volume is full, read-only or failing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bug_is_told_with_its_stack_and_leaves_a_clean_volume()
    {
        ExitStatus status = await RunAsync(() =>
        {
            StartArchive();
            throw new InvalidOperationException("oops");
        });

        Assert.Equal(ExitStatus.Bug, status);
        Assert.Equal("bug: InvalidOperationException: oops", Termination);
        Assert.StartsWith("❌ This is a bug of oso-snapshot.", _recorder.Text, StringComparison.Ordinal);
        Assert.Contains("at OsoSnapshotAgent.", _recorder.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(_sample.PartialArchive));
    }

    // Not SIGINT: the test runner listens to it too and would stop the whole run.
    [Theory]
    [InlineData("HUP", ExitStatus.HungUp, "SIGHUP")]
    [InlineData("TERM", ExitStatus.Terminated, "SIGTERM")]
    public async Task A_signal_ends_the_step_and_takes_back_what_was_made(string signal, object expected, string name)
    {
        ExitStatus status = await RunAsync(_run, async token =>
        {
            StartArchive();
            SystemTool.Output("kill", "-" + signal, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await Task.Delay(Timeout.Infinite, token);
        });

        Assert.Equal(expected, status);
        Assert.Equal([$"❌ Ended by {name}.", "   What to do: Nothing half-made was left behind.", $"Exit status {(int)status}."], _recorder.Lines);
        Assert.False(File.Exists(_sample.PartialArchive));
        Assert.False(Directory.Exists(_sample.SnapshotPath));
    }

    public void Dispose()
    {
        _run.Dispose();
        _sample.Dispose();
    }

    private void StartArchive() => _run.Archive = PartialFile.Create(_sample.Directory.Open(), "snapshots.tgz.part", "snapshots.tgz");

    private Task<ExitStatus> RunAsync(params Action[] steps) => RunAsync(_run, steps);

    private Task<ExitStatus> RunAsync(SnapshotRun run, params Action[] steps) => RunAsync(run, [.. steps.Select(step => (Func<CancellationToken, Task>)(_ =>
    {
        step();
        return Task.CompletedTask;
    }))]);

    private async Task<ExitStatus> RunAsync(SnapshotRun run, params Func<CancellationToken, Task>[] steps)
    {
        using EndSignals signals = new();
        return await new StepRunner(
            steps.Select(step => new Step(step)), run, new Transcript(_recorder, _sample.Time), new TerminationMessage(_sample.Directory.PathOf("termination-log")), signals).RunAsync();
    }

    private sealed class Step(Func<CancellationToken, Task> run) : IStep
    {
        public Task RunAsync(CancellationToken token) => run(token);
    }
}

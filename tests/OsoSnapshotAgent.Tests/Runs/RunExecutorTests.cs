using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class RunExecutorTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly Recorder _recorder = new();

    public RunExecutorTests() => _sample.Directory.Write("termination-log", string.Empty);

    private string Termination => File.ReadAllText(_sample.Directory.PathOf("termination-log"));

    [Fact]
    public async Task Returns_what_the_procedure_has_returned()
    {
        ExitStatus status = await RunAsync((_, _) =>
            Task.FromResult(new RunResult(ExitStatus.DamagedBlocks, "archived, but blocks are damaged")));

        Assert.Equal((ExitStatus.DamagedBlocks, "archived, but blocks are damaged"), (status, Termination));
        Assert.Empty(_recorder.Lines);
    }

    [Fact]
    public async Task A_failure_ends_the_run_with_its_status_problem_and_remedy()
    {
        ExitStatus status =
            await RunAsync(_ => throw new OperatorException(ExitStatus.NoBlock, "no block\nat all", "scrape something"));

        Assert.Equal(ExitStatus.NoBlock, status);
        Assert.Equal(["❌ no block", "❌ at all", "   What to do: scrape something", "Exit status 7."], _recorder.Lines);
        Assert.Equal("no block at all What to do: scrape something", Termination);
    }

    [Fact]
    public async Task The_words_of_a_server_are_only_in_the_transcript()
    {
        await RunAsync(_ => throw new OperatorException(ExitStatus.PrometheusRefused, "It answered 500: {\"x\"", "look")
        {
            Brief = "It answered 500.",
        });

        Assert.Contains("❌ It answered 500: {\"x\"", _recorder.Lines);
        Assert.Equal("It answered 500. What to do: look", Termination);
    }

    [Fact]
    public async Task A_failure_takes_back_the_partial_archive_and_the_snapshot()
    {
        ExitStatus status = await RunAsync(undo =>
        {
            StartArchive(undo);
            throw new OperatorException(ExitStatus.ArchiveFailed, "p", "r");
        });

        Assert.Equal(ExitStatus.ArchiveFailed, status);
        Assert.Equal(["termination-log", "wal/", "wal/00000000"], _sample.Directory.Content());
    }

    [Fact]
    public async Task A_failure_before_anything_was_made_leaves_the_archive_of_an_earlier_run()
    {
        _sample.Directory.Write("snapshots.tgz", "old");
        _sample.Directory.Write("snapshots.tgz.sha256", "old");
        IReadOnlyList<string> before = _sample.Directory.Content();

        await RunAsync(_ => throw new OperatorException(ExitStatus.PrometheusRefused, "p", "r"));

        Assert.Equal(before, _sample.Directory.Content());
    }

    [Fact]
    public async Task A_failure_after_the_archive_is_whole_takes_nothing_back()
    {
        ExitStatus status = await RunAsync(undo =>
        {
            StartArchive(undo).Commit();
            undo.Forget();
            throw new IOException("the terminal is gone");
        });

        Assert.Equal(ExitStatus.ArchiveFailed, status);
        Assert.True(File.Exists(_sample.Data.Archive));
        Assert.True(Directory.Exists(_sample.SnapshotPath));
    }

    [Theory]
    [InlineData(28, ExitStatus.NoRoom, "Free or add space")]
    [InlineData(122, ExitStatus.NoRoom, "Raise the quota")]
    [InlineData(5, ExitStatus.ArchiveFailed, "Look into the disk's health")]
    [InlineData(30, ExitStatus.ArchiveFailed, "Linux makes a file system read-only")]
    [InlineData(24, ExitStatus.ArchiveFailed, "Raise its limit of open files")]
    [InlineData(110, ExitStatus.ArchiveFailed, "See whether the volume is full, read-only or failing")]
    public async Task A_file_system_error_is_told_by_its_number(int errno, object expected, string remedy)
    {
        ExitStatus status = await RunAsync(_ => throw new IOException("as the kernel says", errno));

        Assert.Equal(expected, status);
        Assert.Contains("❌ as the kernel says", _recorder.Lines);
        Assert.Contains(_recorder.Lines, line => line.StartsWith("   What to do: " + remedy, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bug_is_told_with_its_stack_and_leaves_a_clean_volume()
    {
        ExitStatus status = await RunAsync(undo =>
        {
            StartArchive(undo);
            throw new InvalidOperationException("oops");
        });

        Assert.Equal(ExitStatus.Bug, status);
        Assert.Equal("bug: InvalidOperationException: oops", Termination);
        Assert.StartsWith("❌ This is a bug of oso-snapshot.", _recorder.Text, StringComparison.Ordinal);
        Assert.Contains("at OsoSnapshotAgent.", _recorder.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(_sample.PartialArchive));
    }

    // SIGINT is left out: the test runner handles it too, and would stop all tests.
    [Theory]
    [InlineData("HUP", ExitStatus.HungUp, "SIGHUP")]
    [InlineData("TERM", ExitStatus.Terminated, "SIGTERM")]
    public async Task A_signal_ends_the_step_and_takes_back_what_was_made(string signal, object expected, string name)
    {
        ExitStatus status = await RunAsync(async (undo, token) =>
        {
            StartArchive(undo);
            SystemTool.Output("kill", "-" + signal, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await Task.Delay(Timeout.Infinite, token);
            return new RunResult(ExitStatus.Done, string.Empty);
        });

        Assert.Equal(expected, status);
        Assert.Equal([$"❌ Ended by {name}.", "   What to do: No partial file was left behind.", $"Exit status {(int)status}."], _recorder.Lines);
        Assert.False(File.Exists(_sample.PartialArchive));
        Assert.False(Directory.Exists(_sample.SnapshotPath));
    }

    [Fact]
    public async Task After_a_signal_it_is_said_what_remains()
    {
        await RunAsync(async (undo, token) =>
        {
            undo.Remains = "The archive is complete and stays.";
            SystemTool.Output("kill", "-TERM", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await Task.Delay(Timeout.Infinite, token);
            return new RunResult(ExitStatus.Done, string.Empty);
        });

        Assert.Contains("   What to do: The archive is complete and stays.", _recorder.Lines);
    }

    [Fact]
    public async Task What_can_not_be_taken_back_is_told_and_the_rest_is_taken_back()
    {
        ExitStatus status = await RunAsync(undo =>
        {
            StartArchive(undo);
            undo.Add(() => throw new IOException("the disk is gone"));
            throw new OperatorException(ExitStatus.NoBlock, "p", "r");
        });

        Assert.Equal(ExitStatus.NoBlock, status);
        Assert.Equal("⚠️ Not everything could be deleted (the disk is gone). The next run, or REMOVE=yes, will delete the rest.", _recorder.Lines[0]);
        Assert.False(File.Exists(_sample.PartialArchive));
        Assert.False(Directory.Exists(_sample.SnapshotPath));
    }

    public void Dispose() => _sample.Dispose();

    private PartialFile StartArchive(UndoStack undo)
    {
        undo.Add(() => new Artefacts(_sample.Data).DeleteSnapshot(_sample.Snapshot));
        PartialFile archive = PartialFile.Create(_sample.Directory.Open(), "snapshots.tgz.part", "snapshots.tgz");
        undo.Add(archive.Dispose);
        return archive;
    }

    private Task<ExitStatus> RunAsync(Action<UndoStack> procedure) => RunAsync((undo, _) =>
    {
        procedure(undo);
        return Task.FromResult(new RunResult(ExitStatus.Done, string.Empty));
    });

    private async Task<ExitStatus> RunAsync(Func<UndoStack, CancellationToken, Task<RunResult>> procedure)
    {
        using EndSignals signals = new();
        TerminationMessage message = new(_sample.Directory.PathOf("termination-log"));
        RunState state = new(_sample.Time, new ChangeSignal());
        return (ExitStatus)(await new RunExecutor(new Transcript(_recorder, _sample.Time), message, signals, state, _sample.Time)
            .RunAsync(procedure)).ExitStatus;
    }
}

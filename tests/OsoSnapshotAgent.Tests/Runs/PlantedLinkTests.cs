using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>
/// Tests symbolic links in place of every file that the agent opens, makes or deletes. The agent neither changes nor
/// archives their targets.
/// </summary>
public sealed class PlantedLinkTests : IDisposable
{
    private const string Secret = "a secret of the node";

    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly TempDirectory _outside = new();
    private readonly IReadOnlyList<string> _contentOutside;

    public PlantedLinkTests()
    {
        // The targets look like the files that the agent expects, so that following a link would do harm.
        _outside.Write("secret", Secret);
        _outside.Write($"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}/index", Secret);
        SampleBlock.Write(_outside.PathOf($"snapshots/{SampleData.Name}"));
        _contentOutside = _outside.Content();
    }

    public static TheoryData<string, string> Leaves => new()
    {
        { "snapshots.tgz", "secret" },
        { "snapshots.tgz.part", "secret" },
        { "snapshots.tgz.sha256", "secret" },
        { "snapshots.tgz", "snapshots" },
        { "snapshots.tgz.part", "not-there" },
        { "snapshots", "snapshots" },
        { "snapshots", "secret" },
        { "snapshots", "not-there" },
        { "snapshots/foreign", "snapshots" },
        { "snapshots/20250101T000000Z-0123456789abcdef", $"snapshots/{SampleData.Name}" },
        { $"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}", $"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Cleaning_up_deletes_the_link_only(string name, string destination)
    {
        Plant(name, destination);
        using Agent agent = Create(SampleData.NoReserve);

        agent.Clean();

        Assert.Equal(["wal/", "wal/00000000"], _sample.Directory.Content());
    }

    [Theory]
    [MemberData(nameof(Leaves))]
    [InlineData("snapshots.log", "secret")]
    [InlineData("snapshots.log", "snapshots")]
    public async Task Removing_deletes_the_link_only(string name, string destination)
    {
        Plant(name, destination);
        using Agent agent = Create(SampleData.NoReserve with { Mode = RunMode.Remove });

        await agent.RemoveAsync();

        Assert.Equal(["wal/", "wal/00000000"], _sample.Directory.Content());
    }

    [Theory]
    [InlineData("snapshots.tgz", "secret")]
    [InlineData("snapshots.tgz.sha256", "secret")]
    [InlineData("snapshots.tgz.sha256", "not-there")]
    public async Task A_link_that_comes_during_the_run_is_replaced_by_the_archive(string name, string destination)
    {
        using Agent agent = Create(SampleData.NoReserve);
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);
        Plant(name, destination);

        RunResult result = agent.Publish(archive, _sample.Snapshot);

        Assert.Null(new FileInfo(_sample.Directory.PathOf(name)).LinkTarget);
        SystemTool.Output("gzip", "-t", _sample.Data.Archive);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("not-there")]
    public async Task A_link_in_the_place_of_the_unfinished_archive_ends_the_run(string destination)
    {
        Plant("snapshots.tgz.part", destination);
        using Agent agent = Create(SampleData.NoReserve);

        await Assert.ThrowsAsync<IOException>(() => agent.ArchiveAsync(_sample.Snapshot));
    }

    [Theory]
    [InlineData("snapshots", "snapshots", "is no longer a directory")]
    [InlineData($"snapshots/{SampleData.Name}", $"snapshots/{SampleData.Name}", "is no longer a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}", $"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}", "secret", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/chunks", $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/chunks", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/chunks/000001", "secret", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/index", "secret", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/meta.json", "secret", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/meta.json", "not-there", "is neither a file nor a directory")]
    [InlineData($"snapshots/{SampleData.Name}/foreign", "snapshots", "is neither a file nor a directory")]
    public async Task A_link_in_the_snapshot_ends_the_run_before_anything_is_archived(string name, string destination, string problem)
    {
        Plant(name, destination);

        // With a time range, meta.json is read too.
        using Agent agent = Create(SampleData.NoReserve with { Until = DateTimeOffset.MaxValue });

        Exception? failure = await Record.ExceptionAsync(() => agent.ArchiveAsync(_sample.Snapshot));
        agent.Undo.Run();

        Assert.True(failure is OperatorException { Status: ExitStatus.ArchiveFailed } && failure.Message.Contains(problem, StringComparison.Ordinal), failure?.ToString());
        Assert.DoesNotContain("snapshots.tgz", string.Concat(_sample.Directory.Content()), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, agent.Transcript.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_becomes_a_link_after_the_walk_is_not_read()
    {
        IEnumerable<TreeEntry> entries = _sample.Entries().Select(entry =>
        {
            if (entry.Name == "index")
            {
                Plant($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/index", "secret");
            }

            return entry;
        });

        IOException failure = Assert.Throws<IOException>(() => _sample.WritePartial(entries: entries));

        Assert.Contains("is a symbolic link", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_is_a_link_counts_as_made_elsewhere()
    {
        Directory.Delete(_sample.SnapshotPath, recursive: true);
        using FakeServer server = FakeServer.Prometheus(() =>
        {
            Plant($"snapshots/{SampleData.Name}", $"snapshots/{SampleData.Name}");
            return FakeServer.Answer(200, "OK", $$$"""{"status":"success","data":{"name":"{{{SampleData.Name}}}"}}""");
        });
        using Agent agent = Create(SampleData.NoReserve);

        await Expect.FailureAsync(() => agent.CaptureAsync(server.Url), ExitStatus.OtherPrometheus, "but not in", "delete snapshots/");
    }

    [Theory]
    [InlineData($"{SampleBlock.Ulid}/index")]
    [InlineData($"{SampleBlock.Ulid}/chunks")]
    [InlineData($"{SampleBlock.Ulid}/meta.json")]
    public void Verifying_a_directory_follows_no_link_in_its_blocks(string name)
    {
        Plant($"snapshots/{SampleData.Name}/{name}", $"snapshots/{SampleData.Name}/{name}");

        Expect.Failure(() => VerifyCommand.Verify(() => VerifySubject.OfPath(_sample.SnapshotPath), ascii: false, TextWriter.Null), ExitStatus.ArchiveFailed, "is neither a file nor a directory", "delete it");
    }

    [Fact]
    public void Verifying_a_directory_passes_over_a_block_that_is_a_link_as_Prometheus_does()
    {
        Plant($"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}", $"snapshots/{SampleData.Name}/{SampleBlock.OtherUlid}");
        using StringWriter output = new(CultureInfo.InvariantCulture);

        Assert.Equal(ExitStatus.Done, VerifyCommand.Verify(() => VerifySubject.OfPath(_sample.SnapshotPath), ascii: false, output));

        Assert.DoesNotContain(SampleBlock.OtherUlid, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_export_nor_verify_takes_a_link_for_the_archive()
    {
        Plant("snapshots.tgz", "secret");
        using MemoryStream output = new();

        Exception? failure = Record.Exception(() => FinishedArchive.Copy(_sample.Data, output, 0, long.MaxValue));

        Assert.True(failure is IOException && failure.Message.Contains("is a symbolic link", StringComparison.Ordinal), failure?.ToString());
        Assert.Empty(output.ToArray());
        Assert.Contains("is a symbolic link", Assert.Throws<IOException>(() => VerifySubject.OfArchive(_sample.Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_reads_no_checksum_through_a_link_nor_tells_what_is_there()
    {
        _sample.WritePartial();
        File.Move(_sample.PartialArchive, _sample.Data.Archive);
        Plant("snapshots.tgz.sha256", "secret");

        Exception? failure = Record.Exception(() => VerifyCommand.Verify(() => VerifySubject.OfArchive(_sample.Data), ascii: false, TextWriter.Null));

        Assert.True(failure is IOException && failure.Message.Contains("snapshots.tgz.sha256 is a symbolic link", StringComparison.Ordinal), failure?.ToString());
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("not-there")]
    public void The_log_is_not_written_through_a_link(string destination)
    {
        Plant("snapshots.log", destination);
        using Agent agent = Create(SampleData.NoReserve);

        agent.Get<TranscriptSinks>().Open(_sample.Data.Directory, DataDirectory.LogName);
    }

    [Fact]
    public void What_would_be_freed_and_needed_is_counted_without_following_links()
    {
        Plant($"{SampleBlock.Ulid}/chunks", "snapshots");
        Plant(SampleBlock.OtherUlid, $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}");
        using Agent agent = Create(SampleData.NoReserve);
        _sample.Directory.Write($"{SampleBlock.Ulid}/index", "x");
        Assert.Equal(
            [$"{SampleBlock.Ulid}/index", "wal/00000000"],
            agent.Get<BlockSelection>().Expected(_sample.Data).Select(item => item.Path));

        Directory.Delete(_sample.Directory.PathOf("snapshots"), recursive: true);
        Plant("snapshots", "snapshots");
        Assert.Equal(0, new Artefacts(_sample.Data).ReclaimableBytes());
        Assert.Empty(_sample.Data.SnapshotNames());
    }

    [Fact]
    public void A_failed_run_takes_nothing_back_through_a_link()
    {
        Plant("snapshots", "snapshots");
        using Agent agent = Create(SampleData.NoReserve);
        UndoStack undo = agent.Undo;
        undo.Add(() => new Artefacts(_sample.Data).DeleteSnapshot(_sample.Snapshot));

        undo.Run();
    }

    [Fact]
    public void A_pipe_in_the_place_of_a_file_is_not_waited_at()
    {
        SystemTool.Output("mkfifo", _sample.Data.Archive);
        Stopwatch time = Stopwatch.StartNew();

        Assert.Contains("is not a regular file", Assert.Throws<IOException>(() => FinishedArchive.Copy(_sample.Data, Stream.Null, 0, 1)).Message, StringComparison.Ordinal);

        Assert.True(time.Elapsed < TimeSpan.FromSeconds(10), $"{time.Elapsed}");
    }

    public void Dispose()
    {
        // This is checked after every test.
        Assert.Equal(_contentOutside, _outside.Content());
        Assert.Equal(Secret, File.ReadAllText(_outside.PathOf("secret")));
        _outside.Dispose();
        _sample.Dispose();
    }

    private void Plant(string name, string destination)
    {
        string path = _sample.Directory.PathOf(name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        if (File.Exists(path))
        {
            File.Delete(path);
        }

        _sample.Directory.Link(name, _outside.PathOf(destination));
    }

    private Agent Create(AgentSettings settings) => new(_sample.Directory, settings);
}

using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests the way from a snapshot on the disk to the archive under its final name.</summary>
public sealed class SnapshotArchivingTests : IDisposable
{
    private readonly SampleData _sample = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_archive_has_its_name_and_checksum_only_once_it_is_verified()
    {
        _sample.WithBlock().WithBlock(SampleBlock.OtherUlid, hasTombstones: false);
        using Agent agent = Create();

        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);
        Assert.Equal(["snapshots.tgz.part"], Files());
        RunResult result = agent.Publish(archive, _sample.Snapshot);

        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
        Assert.Equal(SystemTool.Output("sha256sum", _sample.Data.Archive).Split(' ')[0] + "  snapshots.tgz\n", await File.ReadAllTextAsync(_sample.Directory.PathOf("snapshots.tgz.sha256"), Token));
        Assert.Equal(ExitStatus.Done, result.Status);
        Assert.Equal((_sample.Data.Archive, "The archive is complete and stays."), (agent.State.Describe().Archive, agent.Undo.Remains));
        agent.Undo.Run();
        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
        Assert.StartsWith($"done, verified: 2 blocks, {new FileInfo(_sample.Data.Archive).Length} bytes, sha256 ", result.Summary, StringComparison.Ordinal);
        Assert.Contains("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA", agent.Transcript.Lines);
        Assert.Contains($"✅ Archive {_sample.Data.Archive} created, read back and verified.", agent.Transcript.Lines);
        Assert.Contains("  Time range  2025-08-20T16:00:00Z to 2025-08-20T18:00:00Z", agent.Transcript.Lines);
        Assert.Contains("  Samples     480", agent.Transcript.Lines);
        Assert.DoesNotContain(agent.Transcript.Lines, line => line.StartsWith('❌'));
    }

    [Fact]
    public async Task An_earlier_archive_is_replaced_with_its_checksum_and_not_a_moment_before()
    {
        _sample.WithBlock();
        _sample.Directory.Write("snapshots.tgz", "the earlier one");
        _sample.Directory.Write("snapshots.tgz.sha256", "and its checksum");
        using Agent agent = Create();

        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);
        Assert.Equal("the earlier one", await File.ReadAllTextAsync(_sample.Data.Archive, Token));
        Assert.Equal("and its checksum", await File.ReadAllTextAsync(_sample.Directory.PathOf("snapshots.tgz.sha256"), Token));
        RunResult result = agent.Publish(archive, _sample.Snapshot);

        Assert.Equal(SystemTool.Output("sha256sum", _sample.Data.Archive).Split(' ')[0] + "  snapshots.tgz\n", await File.ReadAllTextAsync(_sample.Directory.PathOf("snapshots.tgz.sha256"), Token));
        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
    }

    [Fact]
    public async Task A_run_that_fails_leaves_an_earlier_archive_as_it_was()
    {
        _sample.WithBlock();
        _sample.Directory.Write("snapshots.tgz", "the earlier one");
        _sample.Directory.Write("snapshots.tgz.sha256", "and its checksum");
        using Agent agent = Create();
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);

        agent.Undo.Run();

        Assert.Equal("the earlier one", await File.ReadAllTextAsync(_sample.Data.Archive, Token));
        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
    }

    [Fact]
    public async Task A_directory_in_the_checksums_place_fails_the_run_and_leaves_an_earlier_archive_as_it_was()
    {
        _sample.WithBlock();
        _sample.Directory.Write("snapshots.tgz", "the earlier one");
        _sample.Directory.Make("snapshots.tgz.sha256");
        using Agent agent = Create();
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);

        Assert.Throws<IOException>(() => agent.Publish(archive, _sample.Snapshot));
        agent.Undo.Run();

        Assert.Equal("the earlier one", await File.ReadAllTextAsync(_sample.Data.Archive, Token));
        Assert.Equal(["snapshots.tgz"], Files());
    }

    [Fact]
    public async Task A_damaged_block_is_archived_and_told_with_status_10()
    {
        _sample.WithBlock().WithBlock(SampleBlock.OtherUlid);
        await File.WriteAllTextAsync(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "index"), "damaged", Token);
        using Agent agent = Create();

        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);

        Assert.Equal(ExitStatus.DamagedBlocks, result.Status);
        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
        Assert.Contains($"❌ block {SampleBlock.Ulid}, index: index starts with 64616D61 instead of BAAAD700", agent.Transcript.Lines);
        Assert.StartsWith("archived, but blocks are damaged: 2 blocks", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_whose_only_block_is_damaged_is_kept_too()
    {
        _sample.WithBlock();
        await File.WriteAllTextAsync(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "meta.json"), "damaged", Token);
        using Agent agent = Create();

        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);

        Assert.Equal(ExitStatus.DamagedBlocks, result.Status);
        Assert.Equal(["snapshots.tgz", "snapshots.tgz.sha256"], Files());
    }

    [Fact]
    public async Task An_archive_that_is_not_what_was_written_gets_no_name()
    {
        _sample.WithBlock();
        using Agent agent = Create();
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);
        archive = archive with { Figures = archive.Figures with { Crc32C = 0 } };

        Expect.Failure(
            () => agent.Publish(archive, _sample.Snapshot), ExitStatus.ArchiveFailed, "The archive is not what was written: its checksum is", "Run again");

        Assert.Equal(["snapshots.tgz.part"], Files());
    }

    [Fact]
    public async Task An_archive_in_which_no_block_was_seen_gets_no_name()
    {
        _sample.WithBlock();
        using Agent agent = Create();
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);
        archive = archive with { Report = archive.Report with { Tally = new BlockTally(), Blocks = [] } };

        Expect.Failure(
            () => agent.Publish(archive, _sample.Snapshot),
            ExitStatus.NoBlock,
            "The archive holds no block.",
            "writes to this data directory");
        Assert.Equal(["snapshots.tgz.part"], Files());
    }

    [Fact]
    public async Task An_archive_whose_name_may_not_last_is_kept_and_told_with_status_10()
    {
        _sample.WithBlock();
        using Agent agent = Create();
        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);

        FailingDisk.Do(_sample.Directory.Root, () => Expect.Failure(
            () => agent.Publish(archive, _sample.Snapshot),
            ExitStatus.ArchiveFailed,
            "is complete and verified, but may not survive a power cut",
            "Copy it now and compare"));
        agent.Undo.Run();

        Assert.Equal(["snapshots.tgz"], Files());
        Assert.Equal("The archive is complete and stays.", agent.Undo.Remains);
    }

    [Theory]
    [InlineData(false, "this Prometheus has no sample.", "See whether Prometheus scrapes anything")]
    [InlineData(true, "this Prometheus has no sample outside its in-memory head.", "Leave out OSO_SNAPSHOT_SKIP_HEAD")]
    public async Task A_snapshot_without_a_block_is_told(bool skipHead, string problem, string remedy)
    {
        using Agent agent = Create(SampleData.NoReserve with { SkipHead = skipHead });

        await Expect.FailureAsync(() => agent.ArchiveAsync(_sample.Snapshot), ExitStatus.NoBlock, problem, remedy);

        Assert.Empty(Files());
    }

    [Fact]
    public async Task Only_the_blocks_of_the_range_are_archived()
    {
        _sample.WithBlock();
        SampleBlock.Write(_sample.SnapshotPath, SampleBlock.OtherUlid, minTime: 1000, maxTime: 2000);
        using Agent agent = Create(SampleData.NoReserve with { Since = DateTimeOffset.FromUnixTimeMilliseconds(SampleBlock.MinTime) });

        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);

        string listing = SystemTool.Output("tar", "-tzf", _sample.PartialArchive);
        Assert.Contains(SampleBlock.Ulid, listing, StringComparison.Ordinal);
        Assert.DoesNotContain(SampleBlock.OtherUlid, listing, StringComparison.Ordinal);
        RunResult result = agent.Publish(archive, _sample.Snapshot);
        Assert.Contains("  Left out    1 of 2 blocks, outside the range since 2025-08-20 16:00:00Z", agent.Transcript.Lines);
        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith("  ████", StringComparison.Ordinal) && line.EndsWith("240", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_range_without_a_block_is_told()
    {
        _sample.WithBlock();
        using Agent agent = Create(SampleData.NoReserve with { Until = DateTimeOffset.UnixEpoch });

        await Expect.FailureAsync(
            () => agent.ArchiveAsync(_sample.Snapshot), ExitStatus.NoBlock,
            "The snapshot has 1 block, and none overlaps the range until 1970-01-01 00:00:00Z.", "Choose another OSO_SNAPSHOT_SINCE");
    }

    [Fact]
    public async Task A_block_that_cannot_be_dated_is_archived_with_a_warning()
    {
        _sample.WithBlock();
        await File.WriteAllTextAsync(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "meta.json"), "{", Token);
        using Agent agent = Create(SampleData.NoReserve with { Until = DateTimeOffset.UnixEpoch });

        WrittenArchive archive = await agent.ArchiveAsync(_sample.Snapshot);

        Assert.Contains(SampleBlock.Ulid, SystemTool.Output("tar", "-tzf", _sample.PartialArchive), StringComparison.Ordinal);
        Assert.Contains(agent.Transcript.Lines, line => line.StartsWith('⚠') && line.Contains("The block is archived regardless of its time range", StringComparison.Ordinal));
    }

    public void Dispose() => _sample.Dispose();

    private Agent Create(AgentSettings? settings = null)
    {
        Agent agent = new(_sample.Directory, settings ?? SampleData.NoReserve);
        return agent;
    }

    private string[] Files() => [.. Directory.EnumerateFiles(_sample.Directory.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}

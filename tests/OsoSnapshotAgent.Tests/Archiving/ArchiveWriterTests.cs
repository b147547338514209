using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class ArchiveWriterTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid, hasTombstones: false);

    private string Segment => Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "chunks", "000001");

    [Fact]
    public void Tar_unpacks_what_the_snapshot_holds()
    {
        _sample.WritePartial();

        SystemTool.Output("gzip", "-t", _sample.PartialArchive);
        string restored = _sample.Directory.Make("restored");
        SystemTool.Output("tar", "-xzf", _sample.PartialArchive, "-C", restored);

        SystemTool.Output("diff", "-r", _sample.Directory.PathOf("snapshots"), Path.Join(restored, "snapshots"));
        SystemTool.Output("tar", "-dzf", _sample.PartialArchive, "-C", _sample.Directory.Root);
    }

    [Fact]
    public void The_manifest_says_what_was_written()
    {
        ArchiveFigures figures = _sample.WritePartial();

        Assert.Equal(new FileInfo(_sample.PartialArchive).Length, figures.ArchiveBytes);
        Assert.Equal(SystemTool.Output("sha256sum", _sample.PartialArchive).Split(' ')[0], figures.Sha256);
        Assert.Equal(_sample.Entries().Select(entry => entry.EntryName), _sample.Archived.Select(entry => entry.Name));
        Assert.Equal(_sample.Entries().Where(entry => entry.Status.IsRegularFile).Sum(entry => entry.Status.SizeBytes), figures.InputBytes);
        Assert.Equal(SampleBlock.Crc32C(File.ReadAllBytes(Segment)), _sample.Archived.Single(entry => entry.Name.EndsWith($"{SampleBlock.Ulid}/chunks/000001", StringComparison.Ordinal)).Crc32C);
    }

    [Fact]
    public void The_same_snapshot_gives_the_same_bytes()
    {
        ArchiveFigures first = _sample.WritePartial();
        _sample.Time.Advance(TimeSpan.FromHours(1));
        ArchiveFigures second = _sample.WritePartial();

        Assert.Equal(first.Sha256, second.Sha256);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void Every_level_is_read_by_gzip(int level)
    {
        _sample.WritePartial(SampleData.NoReserve with { Level = level });

        SystemTool.Output("gzip", "-t", _sample.PartialArchive);
    }

    [Theory]
    [InlineData(1, "grew")]
    [InlineData(-1, "shrank")]
    [InlineData(-3000, "shrank")]
    public void A_file_that_changes_its_size_while_it_is_read_is_named(int change, string how)
    {
        long size = new FileInfo(Segment).Length;
        IEnumerable<TreeEntry> entries = Meanwhile(() =>
        {
            using FileStream file = File.OpenWrite(Segment);
            file.SetLength(size + change);
        });

        Expect.Failure(
            () => _sample.WritePartial(entries: entries), ExitStatus.ArchiveFailed,
            $"{Segment} {how} while it was read (it had {size} bytes)", "Find out what else writes below the data directory");
    }

    [Fact]
    public void A_file_that_vanishes_is_named()
    {
        Expect.Failure(
            () => _sample.WritePartial(entries: Meanwhile(() => File.Delete(Segment))), ExitStatus.ArchiveFailed,
            $"{Segment} vanished while it was read", "Find out what else writes below the data directory");
    }

    [Fact]
    public void A_sparse_file_over_8_GiB_comes_back()
    {
        const long Size = (8L << 30) + 12_345;
        using (FileStream segment = File.OpenWrite(Segment))
        {
            segment.SetLength(Size);
            segment.Seek(-5, SeekOrigin.End);
            segment.Write("hello"u8);
        }

        ArchiveFigures figures = _sample.WritePartial(SampleData.NoReserve with { Workers = 2 });

        // Verify compares sizes and checksums. The reported damage is that of the block itself: the file is no segment.
        Assert.Contains(_sample.Verify(figures).Problems, damage => damage.Contains("000001", StringComparison.Ordinal));

        // tar gets only the start, because gzip would take a minute for all of the zeros. tar complains about that.
        string listing = SystemTool.Run("bash", "-c", "gzip -dc \"$0\" | head -c 1000000 | tar -tvf -", _sample.PartialArchive).Output;
        Assert.Matches($" {Size} [0-9: -]* snapshots/{SampleData.Name}/{SampleBlock.Ulid}/chunks/000001\n", listing);
    }

    [Fact]
    public void Stopped_within_a_file_it_ends_as_cancelled()
    {
        using CancellationTokenSource source = new();
        IEnumerable<TreeEntry> entries = _sample.Entries().Select(entry =>
        {
            if (entry.Status.IsRegularFile)
            {
                source.Cancel();
            }

            return entry;
        });

        Assert.Throws<OperationCanceledException>(() => _sample.WritePartial(entries: entries, token: source.Token));
    }

    [Fact]
    public void Leaves_the_reserve_alone()
    {
        Expect.Failure(
            () => _sample.WritePartial(new AgentSettings { Reserve = new Reserve(0, 100) }), ExitStatus.NoRoom,
            "There is no room for the archive after ", "lower OSO_SNAPSHOT_RESERVE");

        Assert.Equal(0, new FileInfo(_sample.PartialArchive).Length);
    }

    [Fact]
    public void A_full_volume_is_told_as_no_room_and_not_as_a_bug()
    {
        // The bytes can't be compressed and exceed any buffer, so the volume is full in the middle of a file.
        byte[] noise = new byte[2 * 1024 * 1024];
        new Random(28).NextBytes(noise);
        File.WriteAllBytes(Segment, noise);
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

        Expect.Failure(
            () => _sample.Write(full), ExitStatus.NoRoom,
            $"{_sample.Directory.Root} has ", "Free or add space");
    }

    [Fact]
    public void Looks_at_the_room_before_each_piece_that_it_writes()
    {
        using MemoryStream file = new();
        DataDirectory data = _sample.Data;
        using ArchiveOutput output = new(
            file,
            new WrittenBytes(),
            new VolumeRoom(data, SampleData.NoReserve.Reserve),
            rateLimitBytesPerSecond: null,
            _sample.Time,
            TestContext.Current.CancellationToken);
        byte[] piece = new byte[1024 * 1024];
        output.Write(piece);

        // Without its directory the volume has no room to report.
        data.Dispose();
        Assert.NotNull(Record.Exception(() => output.Write(piece)));
        Assert.Equal(piece.Length, output.BytesWritten);
    }

    public void Dispose() => _sample.Dispose();

    // Changes the segment after the walk has found it and before it is opened.
    private IEnumerable<TreeEntry> Meanwhile(Action change) => _sample.Entries().Select(entry =>
    {
        if (entry.PathSeenByAgent == Segment)
        {
            change();
        }

        return entry;
    });
}

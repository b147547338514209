using System.IO.Compression;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Archives.Tar;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Archives;

public sealed class ArchiveVerifierTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid, hasTombstones: false);
    private readonly ArchiveFigures _figures;

    public ArchiveVerifierTests() => _figures = _sample.WritePartial();

    private string Archive => _sample.PartialArchive;

    [Fact]
    public void A_sound_archive_is_what_was_written_and_its_blocks_are_told()
    {
        ArchiveReport report = _sample.Verify(_figures);

        Assert.Empty(report.Problems);
        Assert.Equal(_figures.Crc32C, report.Crc32C);
        Assert.Equal((2, 4, 480), (report.Tally.Blocks, report.Tally.Series, report.Tally.Samples));
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found()
    {
        byte[] sound = File.ReadAllBytes(Archive);
        Random random = new(1);
        foreach (int position in Enumerable.Range(0, 300).Select(i => i < 40 ? i : i < 60 ? sound.Length - 60 + i : random.Next(sound.Length)))
        {
            byte[] damaged = [.. sound];
            damaged[position] ^= (byte)(1 << random.Next(8));
            AssertFound(damaged, $"byte {position}");
        }
    }

    [Fact]
    public void A_truncated_archive_is_found()
    {
        byte[] sound = File.ReadAllBytes(Archive);
        foreach (int length in new[] { 0, 1, 9, 10, 11, 100, sound.Length / 2, sound.Length - 100, sound.Length - 9, sound.Length - 8, sound.Length - 4, sound.Length - 1 })
        {
            AssertFound(sound[..length], $"cut to {length} bytes");
        }
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0x1F, 0x8B })]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 })]
    public void Trailing_garbage_is_found(byte[] garbage) => AssertFound([.. File.ReadAllBytes(Archive), .. garbage], "garbage");

    [Fact]
    public void A_swapped_pair_of_512_byte_pieces_is_found()
    {
        byte[] damaged = File.ReadAllBytes(Archive);
        byte[] piece = damaged[512..1024];
        damaged.AsSpan(1024, 512).CopyTo(damaged.AsSpan(512));
        piece.CopyTo(damaged, 1024);

        AssertFound(damaged, "swapped");
    }

    [Fact]
    public void Says_which_file_differs_and_how()
    {
        ArchivedEntry[] entries = [.. _sample.Archived];
        int index = Array.FindIndex(entries, entry => entry.Name.EndsWith("/index", StringComparison.Ordinal));
        entries[index] = entries[index] with { Crc32C = entries[index].Crc32C ^ 1 };

        AssertDiffers(entries, $"{entries[index].Name} has {entries[index].SizeBytes} bytes with checksum ");
    }

    [Fact]
    public void Says_what_is_missing_at_the_end() => AssertDiffers(
        [.. _sample.Archived, new ArchivedEntry("snapshots/x/one-more", 0, 0)], "it ends before snapshots/x/one-more.");

    [Fact]
    public void Says_what_is_there_too_much() => AssertDiffers(
        [.. _sample.Archived.SkipLast(1)], $"it holds {_sample.Archived[^1].Name} where its end should be.");

    [Fact]
    public void Says_what_stands_in_anothers_place() => AssertDiffers(
        [.. _sample.Archived.Skip(1)], $"it holds {_sample.Archived[0].Name} where {_sample.Archived[1].Name} should be.");

    [Fact]
    public void Says_that_the_checksum_differs() => Expect.Failure(
        () => _sample.Verify(_figures with { Crc32C = 0 }), ExitStatus.ArchiveFailed, $"its checksum is {_figures.Crc32C:x8}, but 00000000 was written.", "check its health");

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void Tar_headers_at_every_place_of_an_index_and_of_a_chunk_are_content(char type)
    {
        // The period is one byte longer than a block, so one of 512 copies starts where a block of the archive starts.
        byte[] period = [.. TarBuilder.Header("evil", 0x1FFFFFFFF, type), (byte)' '];
        byte[] text = [.. Enumerable.Repeat(period, 512).SelectMany(bytes => bytes)];
        byte[] index = SampleIndex.Of([8], text).Bytes;
        string block = $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}";
        _sample.Directory.Write($"{block}/index", index);
        _sample.Directory.Write($"{block}/chunks/000001", SampleBlock.SegmentOf([0xEE, .. text]));

        ArchiveReport report = _sample.Verify(_sample.WritePartial());

        Assert.Empty(report.Problems);
        Assert.Equal(2, report.Tally.Blocks);
    }

    [Fact]
    public void An_archive_of_something_else_is_found()
    {
        using (FileStream file = File.Create(Archive))
        using (GZipStream gzip = new(file, CompressionLevel.Fastest))
        {
            gzip.Write("this is no tar archive"u8);
        }

        Assert.Equal(ExitStatus.ArchiveFailed, Assert.ThrowsAny<OperatorException>(() => _sample.Verify(_figures)).Status);
    }

    [Fact]
    public void Damage_that_Prometheus_disk_held_already_is_told_and_no_failure()
    {
        string index = Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "index");
        byte[] damaged = File.ReadAllBytes(index);
        damaged[^1] ^= 1;
        File.WriteAllBytes(index, damaged);

        ArchiveReport report = _sample.Verify(_sample.WritePartial());

        Assert.Equal(2, report.Tally.Blocks);
        Assert.StartsWith($"block {SampleBlock.Ulid}, index: ", report.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_snapshot_verifies_with_no_block_in_it()
    {
        Directory.Delete(_sample.SnapshotPath, recursive: true);
        Directory.CreateDirectory(_sample.SnapshotPath);

        Assert.Equal(0, _sample.Verify(_sample.WritePartial()).Tally.Blocks);
    }

    [Fact]
    public void Stopped_it_ends_as_cancelled() =>
        Assert.Throws<OperationCanceledException>(() => _sample.Verify(_figures, token: new CancellationToken(canceled: true)));

    [Fact]
    public void Stopped_among_entries_without_content_it_ends_as_cancelled() => Assert.Throws<OperationCanceledException>(() =>
        Verify(new TarBuilder().Add(TarBuilder.Header("snapshots/", type: '5')).End(), new CancellationToken(canceled: true)));

    [Fact]
    public void What_is_neither_a_file_nor_a_directory_is_no_block()
    {
        byte[] tar = new TarBuilder().Add(TarBuilder.Header($"snapshots/x/{SampleBlock.Ulid}", type: '2')).End();

        Assert.Empty(Verify(tar, CancellationToken.None).Blocks);
    }

    public void Dispose() => _sample.Dispose();

    private static BlockAudit Verify(byte[] tar, CancellationToken token)
    {
        using MemoryStream archive = new();
        using (GZipStream gzip = new(archive, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        archive.Position = 0;
        return ArchiveVerifier.Verify(archive, written: null, token);
    }

    private void AssertFound(byte[] archive, string damage)
    {
        File.WriteAllBytes(Archive, archive);
        Exception? failure = Record.Exception(() => _sample.Verify(_figures));
        Assert.True(failure is OperatorException { Status: ExitStatus.ArchiveFailed }, $"{damage}: {failure?.ToString() ?? "not found"}");
    }

    private void AssertDiffers(ArchivedEntry[] entries, string how) => Expect.Failure(
        () => _sample.Verify(_figures, entries), ExitStatus.ArchiveFailed, "The archive is not what was written: " + how, "check its health");
}

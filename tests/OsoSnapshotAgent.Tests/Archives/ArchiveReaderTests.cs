using System.Formats.Tar;
using System.IO.Compression;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotAgent.Tests.Archives;

/// <summary>Tests that names which would leave the directory, on this or another system, are refused.</summary>
public sealed class ArchiveReaderTests
{
    [Theory]
    [InlineData("snapshots/n/../../../etc/passwd")]
    [InlineData("/snapshots/n/x")]
    [InlineData("snapshots/n/..\\..\\x")]
    [InlineData("snapshots/n/C:x")]
    [InlineData("snapshots/n//x")]
    [InlineData("other/n/x")]
    [InlineData("snapshots/x")]
    [InlineData("snapshots/n/x")]
    [InlineData("snapshots/n/wal/00000001")]
    [InlineData($"snapshots/n/{SampleBlock.Ulid}")]
    [InlineData($"snapshots/n/{SampleBlock.Ulid}/no-compact-mark.json")]
    [InlineData($"snapshots/n/{SampleBlock.Ulid}/chunks/x/000001")]
    public void A_name_that_is_no_path_below_one_snapshot_is_refused(string name) =>
        Assert.Throws<ForeignArchiveException>(() => Read(name));

    [Fact]
    public void A_second_snapshot_is_refused() =>
        Assert.Throws<ForeignArchiveException>(
            () => Read($"snapshots/a/{SampleBlock.Ulid}/index", $"snapshots/b/{SampleBlock.Ulid}/index"));

    [Fact]
    public void A_blocks_files_are_read_and_those_beside_its_segments_too() => Assert.Equal(
        [
            $"{SampleBlock.Ulid}/index", $"{SampleBlock.Ulid}/meta.json", $"{SampleBlock.Ulid}/tombstones",
            $"{SampleBlock.Ulid}/chunks/000001", $"{SampleBlock.Ulid}/chunks/.nfs0001",
        ],
        Read(
            $"snapshots/a/{SampleBlock.Ulid}/index", $"./snapshots/a/{SampleBlock.Ulid}/meta.json",
            $"snapshots/a/{SampleBlock.Ulid}/tombstones", $"snapshots/a/{SampleBlock.Ulid}/chunks/000001",
            $"snapshots/a/{SampleBlock.Ulid}/chunks/.nfs0001"));

    [Fact]
    public void Stopped_within_the_last_file_it_ends_as_cancelled()
    {
        using CancellationTokenSource signal = new();
        using MemoryStream packed = Pack($"snapshots/a/{SampleBlock.Ulid}/index", $"snapshots/a/{SampleBlock.Ulid}/meta.json");

        Assert.Throws<OperationCanceledException>(
            () => ArchiveReader.ReadSnapshot(packed, new Names(stopAt: $"{SampleBlock.Ulid}/meta.json", signal), signal.Token));
    }

    private static List<string> Read(params string[] names)
    {
        using MemoryStream packed = Pack(names);
        Names visitor = new();
        ArchiveReader.ReadSnapshot(packed, visitor, TestContext.Current.CancellationToken);
        return visitor.Files;
    }

    private static MemoryStream Pack(params string[] names)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (TarWriter tar = new(gzip, TarEntryFormat.Pax))
        {
            foreach (string name in names)
            {
                using MemoryStream content = new([1, 2]);
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
            }
        }

        packed.Position = 0;
        return packed;
    }

    private sealed class Names(string? stopAt = null, CancellationTokenSource? signal = null) : IEntryVisitor
    {
        public List<string> Files { get; } = [];

        public void Directory(TarHeader entry, string path)
        {
        }

        public void StartFile(TarHeader entry, string path)
        {
            Files.Add(path);
            if (path == stopAt)
            {
                signal?.Cancel();
            }
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
        }

        public void FinishFile()
        {
        }
    }
}

using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class BlockArchiveTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock();

    public BlockArchiveTests()
    {
        // This much noise takes several slices of the compression.
        byte[] noise = new byte[3_000_000];
        new Random(13).NextBytes(noise);
        File.WriteAllBytes(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "chunks/000002"), noise);
    }

    [Fact]
    public void Is_read_by_tar_and_holds_the_block_below_its_name()
    {
        File.WriteAllBytes(_sample.Directory.PathOf("block.tar.gz"), Export());

        SystemTool.Output("tar", "-xzf", _sample.Directory.PathOf("block.tar.gz"), "-C", _sample.Directory.Make("out"));
        SystemTool.Output(
            "diff", "-r", Path.Join(_sample.SnapshotPath, SampleBlock.Ulid), _sample.Directory.PathOf($"out/{SampleBlock.Ulid}"));
    }

    [Fact]
    public void The_same_block_gives_the_same_bytes_with_any_number_of_workers_and_in_another_snapshot()
    {
        byte[] one = Export(new AgentSettings { Workers = 1 });

        Assert.Equal(one, Export(new AgentSettings { Workers = 2 }));
        Assert.Equal(one, Export(new AgentSettings { Workers = 4 }));

        // As in Prometheus' snapshots, the directories are new and the files are hard links.
        string other = _sample.Directory.PathOf("other");
        SystemTool.Output("cp", "-al", _sample.SnapshotPath, other);
        SystemTool.Output("sh", "-c", "find \"$0\" -type d -exec touch {} +", other);
        using DirectoryHandle block = DirectoryHandle.Open(Path.Join(other, SampleBlock.Ulid));
        using MemoryStream output = new();
        new BlockArchive(block, SampleBlock.Id, new AgentSettings()).Write(output, 0, long.MaxValue);
        Assert.Equal(one, output.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void A_copy_is_resumed_at_any_byte(int offset)
    {
        byte[] whole = Export();

        Assert.Equal(whole[offset..], Export(offset: offset));
        Assert.Equal(whole[..offset], Export(length: offset));
    }

    [Fact]
    public void An_export_from_the_end_is_empty_and_describes_the_whole()
    {
        byte[] whole = Export();

        byte[] rest = Export(out IReadOnlyList<string> told, offset: whole.Length);

        Assert.Empty(rest);
        Assert.StartsWith("engine ", told[0], StringComparison.Ordinal);
        Assert.Equal(
            [
                "written 0",
                $"bytes {whole.Length}",
                "sha256 " + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(whole)),
            ],
            told.Skip(1));
    }

    [Fact]
    public void An_export_that_ends_early_does_not_describe_the_whole()
    {
        Export(out IReadOnlyList<string> told, length: 10);

        Assert.Equal("written 10", told[^1]);
    }

    [Fact]
    public void An_offset_after_the_end_is_refused()
    {
        long bytes = Export().Length;

        Expect.Failure(
            () => Export(offset: bytes + 1),
            ExitStatus.Settings,
            $"--offset is {bytes + 1}, but block {SampleBlock.Ulid} has {bytes} bytes.",
            "not of this block");
    }

    [Theory]
    [InlineData("ln -s /etc/passwd \"$0\"")]
    [InlineData("mkfifo \"$0\"")]
    public void What_is_no_file_is_refused(string plant)
    {
        SystemTool.Output("sh", "-c", plant, Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "odd"));

        Expect.Failure(() => Export(), ExitStatus.ArchiveFailed, "is neither a file nor a directory", "delete it");
    }

    public void Dispose() => _sample.Dispose();

    private byte[] Export(AgentSettings? settings = null, long offset = 0, long length = long.MaxValue) =>
        Export(out _, settings, offset, length);

    private byte[] Export(
        out IReadOnlyList<string> told,
        AgentSettings? settings = null,
        long offset = 0,
        long length = long.MaxValue)
    {
        using DirectoryHandle block = DirectoryHandle.Open(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid));
        using MemoryStream output = new();
        told = new BlockArchive(block, SampleBlock.Id, settings ?? new AgentSettings()).Write(output, offset, length);
        return output.ToArray();
    }
}

using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Tests.Archives.Tar;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotAgent.Tests.Archives;

/// <summary>Tests the verb <c>verify</c> on archives and directories on a disk, without an agent.</summary>
public sealed class ArchiveCheckTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid, hasTombstones: false);
    private readonly StringWriter _output = new();

    private string Archive => _sample.Data.Archive;

    [Fact]
    public void A_sound_archive_has_a_line_for_each_block_and_the_totals()
    {
        WriteArchive();

        Assert.Equal(ExitStatus.Done, Verify(Archive));
        Assert.Equal(
            [
                $"✅ {SampleBlock.Ulid}  2025-08-20T16:00:00Z to 2025-08-20T18:00:00Z, 2 series, 240 samples",
                $"✅ {SampleBlock.OtherUlid}  2025-08-20T16:00:00Z to 2025-08-20T18:00:00Z, 2 series, 240 samples",
                "✅ SHA-256 matches the file beside it",
                "  Blocks      2",
            ],
            Lines[..4]);
        Assert.Equal($"✅ {Archive} is sound.", Lines[^1]);
    }

    [Fact]
    public void As_JSON_it_tells_each_block_and_what_is_wrong()
    {
        WriteArchive();
        Assert.Equal(ExitStatus.Done, VerifyCommand.VerifyAsJson(Archive, () => VerifySubject.OfPath(Archive), _output));
        JsonElement sound = JsonSerializer.Deserialize<JsonElement>(Lines[0]);
        Assert.Equal((0, 2), (sound.GetProperty("exitStatus").GetInt32(), sound.GetProperty("blocks").GetArrayLength()));
        Assert.Equal(
            (SampleBlock.Ulid, "2025-08-20T16:00:00+00:00", 240, 0),
            (sound.GetProperty("blocks")[0].GetProperty("ulid").GetString(), sound.GetProperty("blocks")[0].GetProperty("from").GetString(),
                sound.GetProperty("blocks")[0].GetProperty("samples").GetInt32(), sound.GetProperty("blocks")[0].GetProperty("problems").GetArrayLength()));

        File.WriteAllText(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "meta.json"), "{");
        Assert.Equal(ExitStatus.ArchiveFailed, VerifyCommand.VerifyAsJson(_sample.SnapshotPath, () => VerifySubject.OfPath(_sample.SnapshotPath), _output));
        JsonElement damaged = JsonSerializer.Deserialize<JsonElement>(Lines[1]);
        Assert.Equal(6, damaged.GetProperty("exitStatus").GetInt32());
        Assert.Contains("holds damaged blocks", damaged.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, damaged.GetProperty("blocks")[0].GetProperty("from").ValueKind);
        Assert.NotEqual(0, damaged.GetProperty("blocks")[0].GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public void Of_very_many_blocks_each_has_its_line_and_the_rest_of_the_picture_is_told()
    {
        TarBuilder tar = new();
        for (int i = 0; i < 10_002; i++)
        {
            tar.Add(TarBuilder.Header($"snapshots/{SampleData.Name}/{SampleBlock.Ulid[..21]}{i:00000}/", type: '5'));
        }

        File.WriteAllBytes(Archive, GzipFile.Pack(tar.End()));

        Expect.Failure(() => Verify(Archive), ExitStatus.ArchiveFailed, "damaged blocks: 20004 problems", "The other");
        Assert.Equal(10_002, Lines.Count(line => line.StartsWith("❌ ", StringComparison.Ordinal)));
        Assert.Equal("  2 more blocks, not drawn", Lines[^1]);

        VerifyCommand.VerifyAsJson(Archive, () => VerifySubject.OfPath(Archive), _output);
        JsonElement report = JsonSerializer.Deserialize<JsonElement>(Lines[^1]);
        Assert.Equal(10_000, report.GetProperty("blocks").GetArrayLength());
        Assert.Equal(2, report.GetProperty("blocksLeftOut").GetInt32());
    }

    [Fact]
    public void A_block_of_which_only_the_directory_is_left_is_told()
    {
        Directory.CreateDirectory(Path.Join(_sample.SnapshotPath, "01J5QZ8X0M3N4P5Q6R7S8T9V0Y"));

        Expect.Failure(() => Verify(_sample.SnapshotPath), ExitStatus.ArchiveFailed, "holds damaged blocks", "The other blocks are sound");
        Assert.Contains("   block 01J5QZ8X0M3N4P5Q6R7S8T9V0Y has no sound index", Lines);

        WriteArchive();
        Expect.Failure(() => Verify(Archive), ExitStatus.ArchiveFailed, "holds damaged blocks", "The other blocks are sound");
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found_be_it_in_the_header_or_in_padding()
    {
        byte[] sound = WriteArchive();
        Random random = new(4);
        foreach (int position in Enumerable.Range(0, 400).Select(i => i < 40 ? i : i < 80 ? sound.Length - 80 + i : random.Next(sound.Length)))
        {
            byte[] damaged = [.. sound];
            damaged[position] ^= (byte)(1 << random.Next(8));
            AssertFound(damaged, $"byte {position}");
        }
    }

    [Fact]
    public void Every_flipped_bit_of_the_gzip_header_is_found_without_a_checksum_too()
    {
        byte[] sound = WriteArchive();
        File.Delete(_sample.Directory.PathOf("snapshots.tgz.sha256"));
        for (int bit = 0; bit < 80; bit++)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertFound(damaged, $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_truncation_anywhere_and_bytes_too_many_are_found(bool hasChecksum)
    {
        byte[] sound = WriteArchive();
        if (!hasChecksum)
        {
            File.Delete(_sample.Directory.PathOf("snapshots.tgz.sha256"));
        }

        Random random = new(5);
        foreach (int length in Enumerable.Range(0, 100).Select(i => i < 20 ? i : i < 40 ? sound.Length - 40 + i : random.Next(sound.Length)))
        {
            AssertFound(sound[..length], $"cut to {length}");
        }

        AssertFound([.. sound, 0], "a byte too many");
    }

    [Fact]
    public void A_sound_archive_of_another_program_needs_its_checksum()
    {
        WriteArchive();
        SystemTool.Output("tar", "-czf", Archive, "--sort=name", "-C", _sample.Directory.Root, "snapshots");
        File.Delete(_sample.Directory.PathOf("snapshots.tgz.sha256"));
        Expect.Failure(() => Verify(Archive), ExitStatus.ArchiveFailed, "does not start as this program's archives do", "in a .sha256 beside it");

        File.WriteAllText(_sample.Directory.PathOf("snapshots.tgz.sha256"), SystemTool.Output("sha256sum", Archive));

        Assert.Equal(ExitStatus.Done, Verify(Archive));
    }

    [Fact]
    public void Another_archives_checksum_is_told()
    {
        WriteArchive();
        File.WriteAllText(_sample.Directory.PathOf("snapshots.tgz.sha256"), new string('0', 64) + "  snapshots.tgz\n");

        Expect.Failure(() => Verify(Archive), ExitStatus.ArchiveFailed, $"but snapshots.tgz.sha256 says {new string('0', 64)}", "Copy both again");
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde  x")]
    [InlineData("0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef  x")]
    public void A_malformed_checksum_is_reported(string checksum)
    {
        WriteArchive();
        File.WriteAllText(_sample.Directory.PathOf("snapshots.tgz.sha256"), checksum);

        Expect.Failure(() => Verify(Archive), ExitStatus.ArchiveFailed, "it does not start with a SHA-256", "Copy it again");
    }

    [Fact]
    public void Blocks_directly_below_a_directory_are_checked_and_what_else_lies_there_is_not()
    {
        SampleBlock.Write(_sample.Directory.Root);
        _sample.Directory.Write(SampleBlock.OtherUlid + ".tmp-for-deletion/index", "half gone");

        Assert.Equal(ExitStatus.Done, Verify(_sample.SnapshotPath));
        Assert.Equal(ExitStatus.Done, Verify(_sample.Directory.Root));
        Assert.Equal(["  Blocks      2", "  Blocks      1"], Lines.Where(line => line.Contains("Blocks", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("index", "the checksum of ")]
    [InlineData("chunks/000001", "the checksum of ")]
    [InlineData("meta.json", "meta.json is damaged")]
    [InlineData("tombstones", "the checksum of ")]
    public void The_damaged_block_is_named_and_the_other_called_sound(string file, string problem)
    {
        string path = Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, file);
        byte[] damaged = File.ReadAllBytes(path);
        damaged[^1] ^= 0x80;
        File.WriteAllBytes(path, damaged);

        Expect.Failure(() => Verify(_sample.SnapshotPath), ExitStatus.ArchiveFailed, "holds damaged blocks", "The other blocks are sound");

        Assert.StartsWith($"❌ {SampleBlock.Ulid}  ", Lines[0], StringComparison.Ordinal);
        Assert.Contains($"block {SampleBlock.Ulid}, {file}: ", Lines[1], StringComparison.Ordinal);
        Assert.Contains(problem, Lines[1], StringComparison.Ordinal);
        Assert.Contains($"✅ {SampleBlock.OtherUlid}  ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_byte_of_a_file_is_checked_too_where_it_is_read_alone()
    {
        // The file has one byte more than one read takes.
        File.WriteAllBytes(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "index"), SampleBlock.Index(minBytes: (512 * 1024) + 1));

        Assert.Equal(ExitStatus.Done, Verify(_sample.SnapshotPath));
    }

    [Fact]
    public void A_signal_ends_the_check_of_a_directory() => Assert.Throws<OperationCanceledException>(() =>
        BlockDirectoryCheck.Run(_sample.Directory.Open($"snapshots/{SampleData.Name}"), _ => { }, new CancellationToken(canceled: true)));

    [Fact]
    public void A_directory_without_a_block_is_told() =>
        Expect.Failure(() => Verify(_sample.Directory.Root), ExitStatus.NoBlock, "holds no block", "26-letter names");

    [Fact]
    public void A_path_that_does_not_exist_is_told() =>
        Expect.Failure(() => Verify(_sample.Directory.PathOf("nowhere")), ExitStatus.Settings, "nowhere does not exist", "Name an archive");

    public void Dispose()
    {
        _output.Dispose();
        _sample.Dispose();
    }

    private string[] Lines => _output.ToString().TrimEnd('\n').Split('\n');

    private ExitStatus Verify(string path) => VerifyCommand.Verify(() => VerifySubject.OfPath(path), ascii: false, _output);

    private byte[] WriteArchive()
    {
        using (FileStream file = File.Create(Archive))
        {
            ArchiveFigures figures = _sample.Write(file);
            _sample.Directory.Write("snapshots.tgz.sha256", Encoding.ASCII.GetString(ChecksumFile.Line(figures.Sha256, "snapshots.tgz")));
        }

        return File.ReadAllBytes(Archive);
    }

    private void AssertFound(byte[] archive, string damage)
    {
        File.WriteAllBytes(Archive, archive);
        Exception? failure = Record.Exception(() => Verify(Archive));
        Assert.True(failure is OperatorException { Status: ExitStatus.ArchiveFailed }, $"{damage}: {failure?.ToString() ?? "not found"}");
    }
}

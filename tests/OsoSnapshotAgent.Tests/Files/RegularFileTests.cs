using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Opens_a_file_also_through_a_link_since_the_operator_named_it()
    {
        _directory.Write("file", "content");
        string link = _directory.Link("link", "file");

        using FileStream file = RegularFile.Open(link);

        Assert.Equal("content"u8, RegularFile.ReadStart(file, 100));
    }

    [Theory]
    [InlineData("mkfifo \"$0\"")]
    [InlineData("mkdir \"$0\"")]
    [InlineData("ln -s /dev/zero \"$0\"")]
    [InlineData("mkfifo \"$0.pipe\"; ln -s \"$0.pipe\" \"$0\"")]
    public void Anything_else_is_refused_at_once_with_its_path(string plant)
    {
        string path = _directory.PathOf("planted");
        SystemTool.Output("sh", "-c", plant, path);

        Assert.Equal($"{path} is not a regular file", Assert.Throws<IOException>(() => RegularFile.Open(path)).Message);
    }

    [Fact]
    public void What_is_not_there_is_told() =>
        Assert.Equal(_directory.PathOf("none"), Assert.Throws<FileNotFoundException>(() => RegularFile.Open(_directory.PathOf("none"))).FileName);

    // The sizes are around that of the first buffer and twice that. Some limits cut the file.
    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    [InlineData(10, 9)]
    [InlineData(10, 10)]
    [InlineData(10, 11)]
    [InlineData(4095, 100_000)]
    [InlineData(4096, 100_000)]
    [InlineData(4097, 100_000)]
    [InlineData(8192, 100_000)]
    [InlineData(20_000, 100_000)]
    [InlineData(20_000, 4096)]
    [InlineData(20_000, 8192)]
    [InlineData(20_000, 19_999)]
    [InlineData(20_000, 20_000)]
    public void The_start_is_read_up_to_the_limit(int sizeBytes, int maxBytes)
    {
        byte[] content = new byte[sizeBytes];
        new Random(sizeBytes).NextBytes(content);
        using FileStream file = RegularFile.Open(_directory.Write("file", content));

        Assert.Equal(content[..Math.Min(sizeBytes, maxBytes)], RegularFile.ReadStart(file, maxBytes));
    }

    [Fact]
    public void A_file_of_proc_that_has_no_length_is_read_too()
    {
        using FileStream file = RegularFile.Open("/proc/self/status");

        Assert.Equal(0, file.Length);
        Assert.StartsWith("Name:", System.Text.Encoding.UTF8.GetString(RegularFile.ReadStart(file, 100_000)), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();
}

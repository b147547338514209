using System.Globalization;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Linux;

public sealed class FileStatusTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Says_what_stat_says()
    {
        string file = _directory.Write("file", new byte[5000]);
        SystemTool.Output("chmod", "2754", file);
        SystemTool.Output("touch", "-d", "2001-02-03T04:05:06Z", file);
        SystemTool.Output("ln", file, _directory.PathOf("second"));

        AssertAsStat(file);
        AssertAsStat(_directory.Make("directory"));
        AssertAsStat(_directory.Link("link", "nowhere"));
        AssertAsStat("/dev/null");
    }

    [Fact]
    public void Tells_files_directories_and_links_apart()
    {
        FileStatus file = FileStatus.Of(_directory.Write("file", "x"));
        FileStatus directory = FileStatus.Of(_directory.Root);
        FileStatus link = FileStatus.Of(_directory.Link("link", "file"));

        Assert.Equal((true, false, false), (file.IsRegularFile, file.IsDirectory, file.IsSymbolicLink));
        Assert.Equal((false, true, false), (directory.IsRegularFile, directory.IsDirectory, directory.IsSymbolicLink));
        Assert.Equal((false, false, true), (link.IsRegularFile, link.IsDirectory, link.IsSymbolicLink));
    }

    [Fact]
    public void Two_names_of_one_file_have_one_identity()
    {
        string file = _directory.Write("file", "x");
        SystemTool.Output("ln", file, _directory.PathOf("second"));

        Assert.Equal(FileStatus.Of(file).Identity, FileStatus.Of(_directory.PathOf("second")).Identity);
        Assert.NotEqual(FileStatus.Of(file).Identity, FileStatus.Of(_directory.Write("third", "x")).Identity);
    }

    [Fact]
    public void Nothing_there_is_null_and_a_failure_is_none()
    {
        string file = _directory.Write("file", "x");

        Assert.Null(FileStatus.Find(_directory.PathOf("nothing")));
        Assert.Null(FileStatus.Find(file + "/below"));
        Assert.Throws<FileNotFoundException>(() => FileStatus.Of(_directory.PathOf("nothing")));
        Assert.Contains("File name too long", Assert.Throws<IOException>(() => FileStatus.Find("/" + new string('x', 300))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static void AssertAsStat(string path)
    {
        FileStatus status = FileStatus.Of(path);
        string ours = string.Create(
            CultureInfo.InvariantCulture,
            $"{status.Mode:x} {status.LinkCount} {status.UserId} {status.GroupId} {status.SizeBytes} {status.AllocatedBytes / 512} {status.ModifiedAt.ToUnixTimeSeconds()} {status.Identity.Inode}");
        Assert.Equal(SystemTool.Output("stat", "-c", "%f %h %u %g %s %b %Y %i", path).Trim(), ours);
    }
}

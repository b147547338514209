using System.Globalization;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

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
        FileStatus file = Of(_directory.Write("file", "x"));
        FileStatus directory = _directory.Open().Status;
        FileStatus link = Of(_directory.Link("link", "file"));

        Assert.Equal((true, false, false), (file.IsRegularFile, file.IsDirectory, file.IsSymbolicLink));
        Assert.Equal((false, true, false), (directory.IsRegularFile, directory.IsDirectory, directory.IsSymbolicLink));
        Assert.Equal((false, false, true), (link.IsRegularFile, link.IsDirectory, link.IsSymbolicLink));
    }

    [Fact]
    public void Two_names_of_one_file_have_one_identity()
    {
        string file = _directory.Write("file", "x");
        SystemTool.Output("ln", file, _directory.PathOf("second"));

        Assert.Equal(Of(file).Identity, Of(_directory.PathOf("second")).Identity);
        Assert.NotEqual(Of(file).Identity, Of(_directory.Write("third", "x")).Identity);
    }

    [Fact]
    public void Nothing_there_is_null_and_a_failure_is_none()
    {
        _directory.Write("file", "x");

        Assert.Null(_directory.Find("nothing"));
        Assert.Null(_directory.Find("file/below"));
        Assert.Null(_directory.Find("nothing/below"));
        Assert.Contains("File name too long", Assert.Throws<IOException>(() => _directory.Find(new string('x', 300))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static FileStatus Of(string path)
    {
        using DirectoryHandle parent = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        return parent.Find(Path.GetFileName(path))!;
    }

    private static void AssertAsStat(string path)
    {
        FileStatus status = Of(path);
        string ours = string.Create(
            CultureInfo.InvariantCulture,
            $"{status.Mode:x} {status.LinkCount} {status.UserId} {status.GroupId} {status.SizeBytes} {status.AllocatedBytes / 512} {status.ModifiedAt.ToUnixTimeSeconds()} {status.Identity.Inode}");
        Assert.Equal(SystemTool.Output("stat", "-c", "%f %h %u %g %s %b %Y %i", path).Trim(), ours);
    }
}

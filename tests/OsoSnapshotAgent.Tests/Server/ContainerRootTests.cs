using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class ContainerRootTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Root => _directory.PathOf("root");

    public ContainerRootTests() => _directory.Make("root");

    [Fact]
    public void An_absolute_link_is_resolved_in_the_targets_root()
    {
        _directory.Make("root/volumes/prom/snapshots");
        _directory.Link("root/var/lib/data", "/volumes/prom");

        Assert.Equal($"{Root}/volumes/prom", Resolve("/var/lib/data"));
        Assert.Equal($"{Root}/volumes/prom/snapshots", Resolve("/var/lib/data/snapshots"));
    }

    [Fact]
    public void A_relative_link_is_resolved_beside_itself()
    {
        _directory.Make("root/a/b");
        _directory.Link("root/a/link", "b");
        _directory.Link("root/a/b/up", "../../a");

        Assert.Equal($"{Root}/a/b", Resolve("/a/link"));
        Assert.Equal($"{Root}/a/b", Resolve("/a/link/up/link"));
    }

    [Fact]
    public void A_link_that_leads_to_a_link_is_followed_to_the_end()
    {
        _directory.Make("root/end");
        _directory.Link("root/one", "/two");
        _directory.Link("root/two", "three");
        _directory.Link("root/three", "/end");

        Assert.Equal($"{Root}/end", Resolve("/one"));
    }

    [Theory]
    [InlineData("/../../etc/ssl", "/etc/ssl")]
    [InlineData("/a/../../../b", "/b")]
    [InlineData("/./a//b/.", "/a/b")]
    [InlineData("/a/b/..", "/a")]
    [InlineData("/", "")]
    [InlineData("/..", "")]
    public void Dots_never_lead_out_of_the_root(string pathInContainer, string expected)
    {
        _directory.Make("root/etc/ssl");
        _directory.Make("root/a/b");
        _directory.Make("root/b");

        Assert.Equal(Root + expected, Resolve(pathInContainer));
    }

    [Fact]
    public void A_link_with_dots_never_leads_out_of_the_root()
    {
        _directory.Make("root/etc");
        _directory.Link("root/data", "../../../../etc");

        Assert.Equal($"{Root}/etc", Resolve("/data"));
    }

    [Fact]
    public void The_directory_is_open_to_be_read_and_flushed_and_not_as_a_path_alone()
    {
        const int OpenPath = 0x200000;
        string path = _directory.Make("root/a/b");
        using ContainerRoot root = Open();
        using DirectoryHandle found = root.OpenDirectory("/a/b");

        string descriptor = Path.GetFileName(Directory.GetFileSystemEntries("/proc/self/fd").Single(entry => new FileInfo(entry).LinkTarget == path));
        string flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));

        Assert.Equal(0, Convert.ToInt32(flags["flags:".Length..].Trim(), fromBase: 8) & OpenPath);
    }

    [Fact]
    public void A_directory_that_may_only_be_passed_through_is_passed()
    {
        _directory.Make("root/passage/room");
        SystemTool.Output("chmod", "0755", _directory.Root, _directory.PathOf("root"), _directory.PathOf("root/passage/room"));
        SystemTool.Output("chmod", "0111", _directory.PathOf("root/passage"));

        OtherUser.Do(() => Assert.Equal($"{Root}/passage/room", Resolve("/passage/room")));
        SystemTool.Output("chmod", "0755", _directory.PathOf("root/passage"));
    }

    [Fact]
    public void A_loop_of_links_is_an_error_and_no_endless_search()
    {
        _directory.Link("root/a", "/b");
        _directory.Link("root/b", "/a");

        IOException failure = Assert.Throws<IOException>(() => Resolve("/a"));

        Assert.Contains("too many levels of symbolic links", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forty_links_are_followed_as_the_kernel_does()
    {
        _directory.Make("root/0");
        for (int i = 1; i <= 41; i++)
        {
            _directory.Link($"root/{i}", $"{i - 1}");
        }

        Assert.Equal($"{Root}/0", Resolve("/40"));
        Assert.Throws<IOException>(() => Resolve("/41"));
    }

    [Fact]
    public void What_is_not_there_is_told_with_its_path()
    {
        FileNotFoundException failure = Assert.Throws<FileNotFoundException>(() => Resolve("/not/there"));

        Assert.Equal($"{Root}/not", failure.FileName);
    }

    [Theory]
    [InlineData("mkfifo \"$0\"")]
    [InlineData("mkdir \"$0\"")]
    [InlineData("ln -s /dev/zero \"$0\"")]
    public void Only_a_regular_file_is_read_and_nothing_is_waited_for(string plant)
    {
        SystemTool.Output("sh", "-c", plant, _directory.PathOf("root/file"));

        Assert.Null(Open().TryReadStart("/file", 10));
    }

    [Fact]
    public void Of_a_file_no_more_is_read_than_was_asked_for()
    {
        _directory.Write("root/file", new byte[100_000]);

        Assert.Equal(9_999, Open().TryReadStart("/file", 9_999)?.Length);
        Assert.Equal(100_000, Open().TryReadStart("/file", 1_000_000)?.Length);
    }

    public void Dispose() => _directory.Dispose();

    private ContainerRoot Open() => ContainerRoot.OpenOf(_directory.Root);

    private string Resolve(string pathInContainer)
    {
        using ContainerRoot root = Open();
        using DirectoryHandle found = root.OpenDirectory(pathInContainer);
        return found.Path;
    }
}

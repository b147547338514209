using System.Globalization;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

public sealed class DirectoryHandleTests : IDisposable
{
    private readonly TempDirectory _outside = new();
    private readonly TempDirectory _directory = new();
    private readonly DirectoryHandle _handle;

    public DirectoryHandleTests()
    {
        _outside.Write("file", "a secret of the node");
        _outside.Write("below/file", "a secret of the node");
        _handle = _directory.Open();
    }

    [Fact]
    public void The_path_that_is_opened_may_be_a_link_and_is_told_without_its_slash()
    {
        _directory.Make("end");
        string link = _directory.Link("link", "end");

        using DirectoryHandle opened = DirectoryHandle.Open(link + "/");

        Assert.Equal(link, opened.Path);
        Assert.Equal(_directory.Find("end")?.Identity, opened.Status.Identity);
    }

    [Fact]
    public void A_handle_stays_on_its_directory_when_a_link_takes_the_path()
    {
        _directory.Write("ours/file", "ours");
        using DirectoryHandle ours = _handle.OpenDirectory("ours");
        Directory.Move(_directory.PathOf("ours"), _directory.PathOf("moved"));
        _directory.Link("ours", _outside.Root);

        ours.DeleteFile("file");
        using (ours.CreateFile("made"))
        {
            ours.Rename("made", "renamed");
        }

        using DirectoryHandle again = ours.Reopen();
        Assert.Equal(["renamed"], again.Names());
        Assert.Equal(["moved/", "moved/renamed"], _directory.Content("").Where(path => path.StartsWith("moved", StringComparison.Ordinal)));
        Assert.Equal(["below/", "below/file", "file"], _outside.Content());
    }

    [Theory]
    [InlineData("link/below")]
    [InlineData("link/below/file")]
    [InlineData("real/link/below")]
    [InlineData("real/link/file")]
    [InlineData("real/link/none")]
    public void A_link_within_a_path_is_not_followed(string path)
    {
        _directory.Link("link", _outside.Root);
        _directory.Link("real/link", _outside.Root);

        Assert.Null(_handle.Find(path));
        Assert.Null(_handle.FindDirectory(path));
        AssertIsLink(() => _handle.OpenDirectory(path), "link");
        AssertIsLink(() => _handle.OpenDirectory(path, isSearchOnly: true), "link");
        AssertIsLink(() => _handle.OpenFile(path), "link");
        AssertIsLink(() => _handle.TryLockFile(path, isShared: true), "link");
    }

    [Fact]
    public void A_link_at_the_end_is_told_as_a_link_and_not_followed()
    {
        _directory.Link("directory", _outside.PathOf("below"));
        _directory.Link("file", _outside.PathOf("file"));
        _directory.Link("nowhere", _outside.PathOf("none"));

        Assert.All(["directory", "file", "nowhere"], name => Assert.True(_handle.Find(name)?.IsSymbolicLink));
        Assert.Null(_handle.FindDirectory("directory"));
        AssertIsLink(() => _handle.OpenDirectory("directory"), "directory");
        AssertIsLink(() => _handle.OpenDirectory("directory", isSearchOnly: true), "directory");
        AssertIsLink(() => _handle.OpenFile("file"), "file");
        AssertIsLink(() => _handle.OpenToAppend("file"), "file");
        AssertIsLink(() => _handle.OpenToAppend("nowhere"), "nowhere");
        Assert.Contains("File exists", Assert.Throws<IOException>(() => _handle.CreateFile("nowhere")).Message, StringComparison.Ordinal);
        Assert.Equal(["below/", "below/file", "file"], _outside.Content());
    }

    [Fact]
    public void The_text_of_a_link_is_returned_at_any_length()
    {
        string longest = string.Concat(Enumerable.Repeat("0123456789/", 372));
        _directory.Link("link", longest);
        _directory.Write("file", "x");

        Assert.Equal(longest, _handle.ReadLink("link"));
        Assert.StartsWith(_directory.PathOf("file"), Assert.Throws<IOException>(() => _handle.ReadLink("file")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_found_is_told_by_its_name_at_any_depth()
    {
        _directory.Write("a/b/file", "12345");

        Assert.Equal(5, _handle.Find("a/b/file")?.SizeBytes);
        Assert.True(_handle.Find("a/b")?.IsDirectory);
        Assert.Null(_handle.Find("a/none/file"));
        Assert.Null(_handle.Find("a/b/file/below"));
        Assert.Null(_handle.FindDirectory("a/none"));
        Assert.Null(_handle.FindDirectory("a/b/file"));
        using DirectoryHandle? found = _handle.FindDirectory("a/b");
        Assert.Equal(_directory.PathOf("a/b"), found?.Path);
        using FileStream file = _handle.OpenFile("a/b/file");
        Assert.Equal("12345"u8, RegularFile.ReadStart(file, 100));
        Assert.Equal(_directory.PathOf("a/none"), Assert.Throws<FileNotFoundException>(() => _handle.OpenDirectory("a/none")).FileName);
        Assert.Contains("is not a directory", Assert.Throws<IOException>(() => _handle.OpenDirectory("a/b/file")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkfifo \"$0\"")]
    [InlineData("mkdir \"$0\"")]
    [InlineData("python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \"$0\"")]
    public void Only_a_regular_file_is_read_locked_or_appended_to_and_nothing_is_waited_for(string plant)
    {
        SystemTool.Output("sh", "-c", plant, _directory.PathOf("planted"));

        foreach (Func<IDisposable?> opener in (Func<IDisposable?>[])
            [() => _handle.OpenFile("planted"), () => _handle.TryLockFile("planted", isShared: false), () => _handle.OpenToAppend("planted")])
        {
            Assert.Contains(_directory.PathOf("planted"), Assert.Throws<IOException>(opener).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_pipe_that_somebody_reads_is_not_appended_to_either()
    {
        SystemTool.Output("mkfifo", _directory.PathOf("pipe"));
        using FileStream reader = new(_directory.PathOf("pipe"), FileMode.Open, FileAccess.ReadWrite);

        Assert.Equal($"{_directory.PathOf("pipe")} is not a regular file", Assert.Throws<IOException>(() => _handle.OpenToAppend("pipe")).Message);
    }

    [Fact]
    public void A_file_is_made_only_where_nothing_is()
    {
        using (SafeFileHandle file = _handle.CreateFile("made"))
        {
            RandomAccess.Write(file, "content"u8, 0);
            byte[] read = new byte[7];
            Assert.Equal(7, RandomAccess.Read(file, read, 0));
            Assert.Equal("content"u8, read);
        }

        Assert.Contains("made: File exists", Assert.Throws<IOException>(() => _handle.CreateFile("made")).Message, StringComparison.Ordinal);
        Assert.Equal("content", File.ReadAllText(_directory.PathOf("made")));
    }

    [Fact]
    public void A_log_is_made_and_appended_to_but_never_one_with_a_second_name()
    {
        foreach (string line in (string[])["one\n", "two\n"])
        {
            using FileStream log = new(_handle.OpenToAppend("log"), FileAccess.Write);
            log.Write(System.Text.Encoding.UTF8.GetBytes(line));
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText(_directory.PathOf("log")));
        SystemTool.Output("ln", _directory.PathOf("log"), _directory.PathOf("second"));
        Assert.Equal(
            $"{_directory.PathOf("log")} is a hard link: it has 2 names",
            Assert.Throws<IOException>(() => _handle.OpenToAppend("log")).Message);
    }

    [Fact]
    public void Deleting_a_file_takes_one_name_away_and_no_directory()
    {
        _directory.Make("directory");
        _directory.Write("file", "x");
        _directory.Link("link", "file");

        _handle.DeleteFile("link");
        Assert.StartsWith(_directory.PathOf("directory"), Assert.Throws<IOException>(() => _handle.DeleteFile("directory")).Message, StringComparison.Ordinal);
        Assert.Equal(["directory/", "file"], _directory.Content());
        _handle.DeleteFile("file");
        Assert.Equal(_directory.PathOf("file"), Assert.Throws<FileNotFoundException>(() => _handle.DeleteFile("file")).FileName);
    }

    [Fact]
    public void Deleting_a_directory_takes_only_an_empty_one()
    {
        _directory.Write("full/file", "x");
        _directory.Make("empty");
        _directory.Link("link", "empty");

        _handle.DeleteDirectory("empty");
        Assert.Throws<IOException>(() => _handle.DeleteDirectory("full"));
        Assert.Throws<IOException>(() => _handle.DeleteDirectory("link"));
        Assert.Equal(["full/", "full/file", "link"], _directory.Content());
    }

    [Fact]
    public void Renaming_replaces_what_has_the_name_and_leaves_a_directory()
    {
        _directory.Write("new", "new");
        _directory.Write("old", "old");
        _directory.Make("directory");

        _handle.Rename("new", "old");

        Assert.Equal("new", File.ReadAllText(_directory.PathOf("old")));
        Assert.StartsWith(_directory.PathOf("directory"), Assert.Throws<IOException>(() => _handle.Rename("old", "directory")).Message, StringComparison.Ordinal);
        Assert.Equal(["directory/", "old"], _directory.Content());
    }

    [Fact]
    public void Every_name_is_listed_once_also_of_more_than_one_read()
    {
        string[] names = [.. Enumerable.Range(0, 600).Select(i => i.ToString(CultureInfo.InvariantCulture).PadLeft(1 + (i % 250), 'x')), ".hidden", "...", "é"];
        foreach (string name in names)
        {
            _directory.Write(name, string.Empty);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), _handle.Names().Order(StringComparer.Ordinal));
        Assert.Equal(names.Length, _handle.Names().Count());
    }

    [Fact]
    public void Names_are_read_only_as_they_are_asked_for()
    {
        for (int i = 0; i < 600; i++)
        {
            _directory.Write($"{i:d100}", string.Empty);
        }

        using IEnumerator<string> names = _handle.Names().GetEnumerator();
        Assert.True(names.MoveNext());
        string[] deleted = [.. _handle.Names()];
        Array.ForEach(deleted, _handle.DeleteFile);

        // Only the names of the first read are left.
        int rest = 0;
        while (names.MoveNext())
        {
            rest++;
        }

        Assert.InRange(rest, 1, 400);
    }

    [Fact]
    public void A_directory_that_has_been_deleted_holds_nothing()
    {
        using DirectoryHandle gone = DirectoryHandle.Open(_directory.Make("gone"));
        Directory.Delete(gone.Path);

        Assert.Empty(gone.Names());
    }

    [Fact]
    public void What_may_not_be_entered_is_told_and_what_may_be_passed_through_is_passed()
    {
        _directory.Write("passage/room/file", "x");
        SystemTool.Output("chmod", "0111", _directory.PathOf("passage"));
        SystemTool.Output("chmod", "0755", _directory.Root);
        OtherUser.Do(() =>
        {
            Assert.Throws<UnauthorizedAccessException>(() => _handle.OpenDirectory("passage"));
            using DirectoryHandle passage = _handle.OpenDirectory("passage", isSearchOnly: true);
            Assert.True(passage.Find("room")?.IsDirectory);
            using FileStream file = _handle.OpenFile("passage/room/file");
        });
        SystemTool.Output("chmod", "0000", _directory.PathOf("passage"));
        OtherUser.Do(() =>
        {
            using DirectoryHandle passage = _handle.OpenDirectory("passage", isSearchOnly: true);
            Assert.Throws<UnauthorizedAccessException>(() => passage.Find("room"));
        });
        SystemTool.Output("chmod", "0700", _directory.PathOf("passage"));
    }

    [Fact]
    public void It_is_writable_where_files_can_be_made()
    {
        _handle.RequireWritable();

        SystemTool.Output("chmod", "0555", _directory.Root);
        OtherUser.Do(() => Assert.Throws<UnauthorizedAccessException>(_handle.RequireWritable));
        SystemTool.Output("chmod", "0755", _directory.Root);
    }

    [Fact]
    public void Each_lock_has_an_opening_of_its_own()
    {
        _directory.Write("file", "x");
        using FileLock? directory = _handle.TryLock(isShared: false);
        using FileLock? file = _handle.TryLockFile("file", isShared: true);

        Assert.NotNull(directory);
        Assert.Null(_handle.TryLock(isShared: true));
        Assert.NotNull(file);
        Assert.Null(_handle.TryLockFile("file", isShared: false));
        using FileLock? second = _handle.TryLockFile("file", isShared: true);
        Assert.NotNull(second);
    }

    [Fact]
    public void Closed_it_reaches_nothing_more()
    {
        _handle.Dispose();

        Assert.Throws<ObjectDisposedException>(() => _handle.Find("file"));
    }

    public void Dispose()
    {
        _handle.Dispose();
        _directory.Dispose();
        _outside.Dispose();
    }

    private static void AssertIsLink(Func<IDisposable?> opener, string name)
    {
        string message = Assert.Throws<IOException>(opener).Message;
        Assert.True(
            message.Contains($"/{name} is a symbolic link", StringComparison.Ordinal) || message.Contains($"/{name} is not a directory", StringComparison.Ordinal),
            message);
    }
}

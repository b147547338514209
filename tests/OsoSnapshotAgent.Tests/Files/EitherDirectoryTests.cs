using System.Text;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Files.Linux;
using OsoSnapshotCore.Files.Portable;

namespace OsoSnapshotAgent.Tests.Files;

/// <summary>What holds for a directory by its descriptor and for one by its path, as macOS and Windows have it.</summary>
public sealed class EitherDirectoryTests : IDisposable
{
    private readonly TempDirectory _outside = new();
    private readonly TempDirectory _directory = new();

    public static TheoryData<bool> Kinds => [true, false];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_is_created_only_where_nothing_is(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);
        _directory.Write("file", "old");
        _directory.Link("link", _outside.PathOf("planted"));
        _directory.Make("directory");

        Assert.All(["file", "link", "directory"], name => Assert.ThrowsAny<Exception>(() => handle.CreateFile(name)));
        using (FileStream made = new(handle.CreateFile("made", DirectoryHandle.OwnerOnly), FileAccess.ReadWrite, 0))
        {
            made.Write("new"u8);
        }

        Assert.Equal("old", File.ReadAllText(_directory.PathOf("file")));
        Assert.Equal("new", File.ReadAllText(_directory.PathOf("made")));
        Assert.Equal(DirectoryHandle.OwnerOnly, File.GetUnixFileMode(_directory.PathOf("made")));
        Assert.Empty(_outside.Content());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_link_is_followed(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);
        _outside.Write("directory/file", "foreign");
        _directory.Link("link", _outside.PathOf("directory/file"));
        _directory.Link("folder", _outside.PathOf("directory"));

        Assert.Throws<IOException>(() => handle.OpenFile("link"));
        Assert.Throws<IOException>(() => handle.OpenToChange("link"));
        Assert.Throws<IOException>(() => handle.OpenToAppend("link"));
        Assert.Throws<IOException>(() => handle.TryLockFile("link", isShared: false));
        Assert.Throws<IOException>(() => handle.OpenDirectory("folder"));
        Assert.True(handle.Find("link") is { IsSymbolicLink: true });
        Assert.Null(handle.Find("folder/file"));
        Assert.Equal(_outside.PathOf("directory"), handle.ReadLink("folder"));
        handle.DeleteFile("link");
        Assert.Equal(["directory/", "directory/file"], _outside.Content());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_move_replaces_nothing_and_a_rename_replaces_a_file(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);
        using DirectoryHandle other = handle.CreateDirectory("other");
        _directory.Write("a", "a");
        _directory.Write("b", "b");
        _directory.Write("other/taken", "taken");
        _directory.Write("tree/file", "in the tree");
        _directory.Make("other/empty");

        Assert.ThrowsAny<IOException>(() => handle.Move("a", other, "taken"));
        Assert.ThrowsAny<IOException>(() => handle.Move("tree", other, "empty"));
        handle.Move("a", other, "a");
        handle.Move("tree", other, "tree");
        _directory.Write("c", "c");
        handle.Rename("c", "b");

        Assert.Equal(["b", "other/", "other/a", "other/empty/", "other/taken", "other/tree/", "other/tree/file"], _directory.Content());
        Assert.Equal("taken", File.ReadAllText(_directory.PathOf("other/taken")));
        Assert.Equal("c", File.ReadAllText(_directory.PathOf("b")));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_directory_is_made_once_and_a_private_one_lets_nobody_else_in(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);

        using DirectoryHandle made = handle.CreateDirectory("made", isPrivate: true);

        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(_directory.PathOf("made")), 8));
        Assert.ThrowsAny<IOException>(() => handle.CreateDirectory("made"));
        _directory.Write("made/file", "x");
        Assert.ThrowsAny<IOException>(() => handle.DeleteDirectory("made"));
        made.DeleteFile("file");
        handle.DeleteDirectory("made");
        Assert.Empty(handle.Names());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_there_is_told_apart_from_what_can_not_be_read(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);

        Assert.Null(handle.Find("none"));
        Assert.Null(handle.FindDirectory("none"));
        Assert.Null(SmallFile.Read(handle, "none", 10));
        Assert.Throws<FileNotFoundException>(() => handle.OpenFile("none"));
        Assert.Throws<FileNotFoundException>(() => handle.DeleteFile("none"));
        Assert.Throws<FileNotFoundException>(() => Open(isByDescriptor, "none"));
        _directory.Write("file", "x");
        Assert.Throws<IOException>(() => Open(isByDescriptor, "file"));
        handle.RequireWritable();
        Assert.InRange(handle.Space().FreeBytes, 1, handle.Space().TotalBytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_small_file_is_read_up_to_its_limit_and_replaced_whole(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);

        SmallFile.Write(handle, "file", "first, and longer"u8);
        SmallFile.Write(handle, "file", "second"u8);

        Assert.Equal("second", Encoding.UTF8.GetString(SmallFile.Read(handle, "file", 6)!));
        Assert.Contains("longer than 5 bytes", Assert.Throws<IOException>(() => SmallFile.Read(handle, "file", 5)).Message, StringComparison.Ordinal);
        Assert.Equal(["file"], _directory.Content());
        Assert.Equal(DirectoryHandle.OwnerOnly, File.GetUnixFileMode(_directory.PathOf("file")));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Locks_exclude_each_other(bool isByDescriptor)
    {
        using DirectoryHandle handle = Open(isByDescriptor);
        _directory.Write("file", "x");
        foreach (Func<bool, FileLock?> take in new Func<bool, FileLock?>[] { handle.TryLock, isShared => handle.TryLockFile("file", isShared) })
        {
            using (FileLock? shared = take(true))
            using (FileLock? second = take(true))
            {
                Assert.NotNull(shared);
                Assert.NotNull(second);
                Assert.Null(take(false));
            }

            using FileLock? alone = take(false);
            Assert.NotNull(alone);
            Assert.Null(take(true));
        }
    }

    [Fact]
    public void Files_are_given_away_by_descriptors_alone()
    {
        using DirectoryHandle byPath = Open(isByDescriptor: false);
        using DirectoryHandle byDescriptor = Open(isByDescriptor: true);
        using SafeFileHandle file = byDescriptor.CreateFile("file");

        Assert.False(byPath.IsByDescriptor);
        Assert.Throws<UnauthorizedAccessException>(() => byPath.GiveTo(1000, 2000));
        Assert.Throws<UnauthorizedAccessException>(() => byPath.Give(file, "file", 1000, 2000));
        if (Environment.IsPrivilegedProcess)
        {
            byDescriptor.Give(file, "file", 1000, 2000);
            Assert.Equal((1000u, 2000u), (byDescriptor.Find("file")!.UserId, byDescriptor.Find("file")!.GroupId));
        }
    }

    public void Dispose()
    {
        _directory.Dispose();
        _outside.Dispose();
    }

    private DirectoryHandle Open(bool isByDescriptor, string name = "")
    {
        string path = name.Length == 0 ? _directory.Root : _directory.PathOf(name);
        return isByDescriptor ? LinuxDirectory.OpenPath(path) : PortableDirectory.OpenPath(path);
    }
}

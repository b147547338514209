using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

public sealed partial class FileLockTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void A_lock_on_a_directory_keeps_all_others_out_until_it_is_given_back()
    {
        using (FileLock? first = Take(isShared: false))
        {
            Assert.NotNull(first);
            Assert.Null(Take(isShared: false));
            Assert.Null(Take(isShared: true));
        }

        using FileLock? second = Take(isShared: false);
        Assert.NotNull(second);
    }

    [Fact]
    public void A_lock_that_becomes_shared_admits_only_other_shared_locks()
    {
        using FileLock? first = Take(isShared: false);

        Assert.True(first!.TryShare());

        using FileLock? second = Take(isShared: true);
        Assert.NotNull(second);
        Assert.Null(Take(isShared: false));
    }

    [Fact]
    public void A_lock_that_is_given_back_is_free_although_a_starting_child_still_has_its_file_open()
    {
        string path = _directory.Write("lock", string.Empty);
        SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        using SafeFileHandle ofChild = new(Duplicate(file), ownsHandle: true);

        FileLock.TryTake(file, isShared: false)!.Dispose();

        using DirectoryHandle root = _directory.Open();
        using FileLock? next = root.TryLockFile("lock", isShared: false);
        Assert.NotNull(next);
    }

    [Fact]
    public void What_does_not_exist_cannot_be_locked() => Assert.Throws<FileNotFoundException>(() => _directory.Open().TryLockFile("nothing", isShared: true));

    public void Dispose() => _directory.Dispose();

    [LibraryImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Duplicate(SafeFileHandle file);

    private FileLock? Take(bool isShared) => _directory.Open().TryLock(isShared);
}

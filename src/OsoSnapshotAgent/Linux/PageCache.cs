using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>The kernel's cache of file contents, which every process of the node shares.</summary>
internal static class PageCache
{
    // SYNC_FILE_RANGE_WRITE, the same with _WAIT_BEFORE and _WAIT_AFTER, POSIX_FADV_DONTNEED and _NOREUSE.
    private const uint Write = 2;
    private const uint WriteAndWait = 7;
    private const int DontNeed = 4;
    private const int NoReuse = 5;

    /// <summary>Starts no flush of the disk's own cache; a file system without this call is none the worse.</summary>
    public static void StartWriteOut(SafeFileHandle file, long offset, long length) =>
        _ = LibC.SyncFileRange(file, offset, length, Write);

    /// <summary>Waits for what was started, and writes what wasn't.</summary>
    public static void FinishWriteOut(SafeFileHandle file, long offset, long length) =>
        _ = LibC.SyncFileRange(file, offset, length, WriteAndWait);

    /// <summary>What is written out already.</summary>
    public static void Drop(SafeFileHandle file, long offset, long length) =>
        _ = LibC.FileAdvise(file, offset, length, DontNeed);

    /// <summary>
    /// Reading the file by this descriptor doesn't make its pages look busy (Linux 6.3), so they are evicted before
    /// others are.
    /// </summary>
    public static void EvictFirst(SafeFileHandle file) => _ = LibC.FileAdvise(file, 0, 0, NoReuse);
}

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

    /// <summary>
    /// Starts to write pages to the disk, without a flush of the disk's own cache. An error is ignored: the pages are
    /// then written later.
    /// </summary>
    public static void StartWriteOut(SafeFileHandle file, long offset, long length) =>
        _ = LibC.SyncFileRange(file, offset, length, Write);

    /// <summary>Writes the rest of the pages and waits for all of them.</summary>
    public static void FinishWriteOut(SafeFileHandle file, long offset, long length) =>
        _ = LibC.SyncFileRange(file, offset, length, WriteAndWait);

    /// <summary>Drops the pages that are already on the disk.</summary>
    public static void Drop(SafeFileHandle file, long offset, long length) =>
        _ = LibC.FileAdvise(file, offset, length, DontNeed);

    /// <summary>
    /// Has the kernel evict the file's pages before others: reading by this descriptor doesn't mark them as used (Linux
    /// 6.3).
    /// </summary>
    public static void EvictFirst(SafeFileHandle file) => _ = LibC.FileAdvise(file, 0, 0, NoReuse);
}

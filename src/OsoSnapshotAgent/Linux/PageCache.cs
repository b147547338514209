using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>The kernel's cache of file contents, which every process of the node shares.</summary>
internal static class PageCache
{
    // SYNC_FILE_RANGE_WAIT_BEFORE | _WRITE | _WAIT_AFTER, and POSIX_FADV_DONTNEED.
    private const uint WriteAndWait = 7;
    private const int DontNeed = 4;

    /// <summary>Starts no flush of the disk's own cache; a file system without these calls is none the worse.</summary>
    public static void WriteOutAndDrop(SafeFileHandle file, long offset, long length)
    {
        _ = LibC.SyncFileRange(file, offset, length, WriteAndWait);
        _ = LibC.FileAdvise(file, offset, length, DontNeed);
    }
}

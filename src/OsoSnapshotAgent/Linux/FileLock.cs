using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// A flock(2) on an open file or directory. The kernel releases it when this process ends for any reason.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <param name="file">The lock owns it from now on. Open the file anew for each lock: two locks on one opening are
    /// one.</param>
    /// <returns>
    /// null if another process holds the lock. A file system without locks gives a lock to every process.
    /// </returns>
    public static FileLock? TryTake(SafeFileHandle file, bool isShared)
    {
        FileLock taken = new(file);
        if (taken.TryChange(isShared))
        {
            return taken;
        }

        taken.Dispose();
        return null;
    }

    /// <summary>Lets other processes share the lock from now on.</summary>
    /// <returns>false if another process took the lock meanwhile.</returns>
    public bool TryShare() => TryChange(isShared: true);

    /// <summary>Takes the lock from shared to exclusive.</summary>
    /// <returns>false if other processes share it. This lock is then lost too, flock(2).</returns>
    public bool TryTakeAlone() => TryChange(isShared: false);

    public void Dispose() => _file.Dispose();

    private bool TryChange(bool isShared) =>
        LibC.FileLock(
            _file,
            (isShared ? LibC.LockShared : LibC.LockExclusive) | LibC.LockNonBlocking) == 0
                || Errno.Last != Errno.WouldBlock;
}

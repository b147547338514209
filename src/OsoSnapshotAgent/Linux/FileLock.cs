using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// flock(2) on an open file or directory. The kernel releases it when this process ends, however it ends.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <param name="file">Belongs to the lock from now on. A lock belongs to what was opened: each needs an opening of
    /// its own.</param>
    /// <returns>null when another process holds it; a lock also where the file system has none.</returns>
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

    /// <summary>From now on other processes may hold it too, if they share it.</summary>
    /// <returns>false when another process was faster.</returns>
    public bool TryShare() => TryChange(isShared: true);

    /// <summary>Keeps out those that share it.</summary>
    /// <returns>false when there are others; then this lock is lost too, flock(2).</returns>
    public bool TryTakeAlone() => TryChange(isShared: false);

    public void Dispose() => _file.Dispose();

    private bool TryChange(bool isShared) =>
        LibC.FileLock(
            _file,
            (isShared ? LibC.LockShared : LibC.LockExclusive) | LibC.LockNonBlocking) == 0
                || Errno.Last != Errno.WouldBlock;
}

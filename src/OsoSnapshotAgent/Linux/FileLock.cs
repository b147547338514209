using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>flock(2) on a file or directory that exists. The kernel releases it when this process ends, however it ends.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <returns>null when another process holds it; a lock also where the file system has none.</returns>
    /// <exception cref="IOException">It can't be opened.</exception>
    public static FileLock? TryTake(string path, bool isShared)
    {
        FileLock taken = new(LibC.Open(path));
        if (taken.TryChange(isShared))
        {
            return taken;
        }

        taken.Dispose();
        return null;
    }

    /// <summary>From now on others may hold it too, where they share it.</summary>
    /// <returns>false when another process was faster.</returns>
    public bool TryShare() => TryChange(isShared: true);

    /// <summary>Keeps out those that share it.</summary>
    /// <returns>false when there are others; then this lock is lost too, flock(2).</returns>
    public bool TryTakeAlone() => TryChange(isShared: false);

    public void Dispose() => _file.Dispose();

    private bool TryChange(bool isShared)
    {
        const int WouldBlock = 11;
        return LibC.FileLock(_file, (isShared ? LibC.LockShared : LibC.LockExclusive) | LibC.LockNonBlocking) == 0 || Marshal.GetLastPInvokeError() != WouldBlock;
    }
}

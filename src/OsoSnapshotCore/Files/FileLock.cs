using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotCore.Files;

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
    /// <exception cref="IOException">Nobody knows whether the lock is held: the disk failed.</exception>
    public static FileLock? TryTake(SafeFileHandle file, bool isShared)
    {
        FileLock taken = new(file);
        bool isTaken = false;
        try
        {
            isTaken = taken.TryChange(isShared);
            return isTaken ? taken : null;
        }
        finally
        {
            if (!isTaken)
            {
                taken.Dispose();
            }
        }
    }

    /// <summary>
    /// Whether a file could not be opened because another process has locked it. Windows locks what it opens, and so
    /// does .NET's own opening elsewhere.
    /// </summary>
    public static bool IsHeld(IOException failure)
    {
        const int SharingViolation = unchecked((int)0x80070020);
        return failure.HResult is SharingViolation or Errno.WouldBlock or Errno.WouldBlockOnMac;
    }

    /// <summary>Lets other processes share the lock from now on.</summary>
    /// <returns>false if another process took the lock meanwhile.</returns>
    public bool TryShare() => TryChange(isShared: true);

    /// <summary>Takes the lock from shared to exclusive.</summary>
    /// <returns>false if other processes share it. This lock is then lost too, flock(2).</returns>
    public bool TryTakeAlone() => TryChange(isShared: false);

    public void Dispose()
    {
        // Closing alone is not enough: a child that another thread is just starting has the file open until its exec.
        if (!OperatingSystem.IsWindows() && !_file.IsClosed)
        {
            FileCalls.FileLock(_file, FileCalls.LockRelease);
        }

        _file.Dispose();
    }

    // Windows locks a file when it opens it. NFS has no lock server, or takes no exclusive lock on what is open for
    // reading (EBADF): flock(2), "NFS details".
    private bool TryChange(bool isShared) =>
        OperatingSystem.IsWindows()
        || FileCalls.FileLock(_file, FileCalls.LockNonBlocking | Operation(isShared)) == 0
        || Errno.Last switch
        {
            Errno.WouldBlock or Errno.WouldBlockOnMac => false,
            Errno.NoLocks or Errno.NotImplemented or Errno.NotSupported or Errno.BadDescriptor or Errno.Invalid => true,
            _ => throw Errno.ToException("the lock"),
        };

    private static int Operation(bool isShared) => isShared ? FileCalls.LockShared : FileCalls.LockExclusive;
}

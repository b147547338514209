using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Linux;

/// <summary>An open directory: to make a rename in it durable, or to hold a lock on it without creating a file.</summary>
internal sealed class DirectoryHandle : IDisposable
{
    private int _descriptor;

    private DirectoryHandle(int descriptor) => _descriptor = descriptor;

    /// <exception cref="IOException">The directory can't be opened.</exception>
    public static DirectoryHandle Open(string path)
    {
        int descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec);
        return descriptor >= 0 ? new(descriptor) : throw new IOException($"{path}: {LibC.LastError()}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes the creations, renames and deletions in the directory durable: fsync(2).</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void Flush(string path)
    {
        using DirectoryHandle directory = Open(path);
        if (LibC.FileSync(directory._descriptor) != 0)
        {
            Durable.ThrowUnlessUnsupported(path);
        }
    }

    /// <summary>flock(2) on the directory. The kernel releases it when this process ends, however it ends.</summary>
    /// <returns>false when another process holds it; true also where the file system has no locks.</returns>
    public bool TryLock()
    {
        const int WouldBlock = 11;
        return LibC.FileLock(_descriptor, LibC.LockExclusive | LibC.LockNonBlocking) == 0 || Marshal.GetLastPInvokeError() != WouldBlock;
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = LibC.Close(_descriptor);
            _descriptor = -1;
        }
    }
}

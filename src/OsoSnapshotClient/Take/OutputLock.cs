using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Take;

/// <summary>The lock file of an output. It exists only while a process holds the lock, or after a kill.</summary>
internal sealed class OutputLock : IDisposable
{
    private const int MaxAttempts = 3;

    private readonly DirectoryHandle _directory;
    private readonly string _name;
    private readonly FileLock _lock;

    private OutputLock(DirectoryHandle directory, string name, FileLock @lock) =>
        (_directory, _name, _lock) = (directory, name, @lock);

    /// <param name="directory">Must stay open as long as the lock is held.</param>
    /// <returns>null while another process holds the lock.</returns>
    /// <exception cref="IOException">The file can't be created or locked, or is no file of its own.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not create or write it.</exception>
    public static OutputLock? TryTake(DirectoryHandle directory, string name)
    {
        Create(directory, name);
        try
        {
            FileStatus? before = directory.Find(name);
            FileLock? alone = directory.TryLockFile(name, isShared: false);
            if (alone is not null && directory.Find(name) is { } now && now.Identity == before?.Identity)
            {
                return new(directory, name, alone);
            }

            alone?.Dispose();
        }
        catch (FileNotFoundException)
        {
            // The process that held it has just ended, and deleted the file.
        }

        return null;
    }

    public void Dispose()
    {
        // A process that has opened the file meanwhile sees that the file lost its name.
        if (!OperatingSystem.IsWindows())
        {
            _directory.TryDeleteFile(_name);
            _lock.Dispose();
            return;
        }

        _lock.Dispose();
        try
        {
            _directory.TryDeleteFile(_name);
        }
        catch (IOException)
        {
            // Windows deletes no open file: the next process has it.
        }
    }

    private static void Create(DirectoryHandle directory, string name)
    {
        for (int attempt = 1; directory.Find(name) is null; attempt++)
        {
            try
            {
                directory.CreateFile(name, DirectoryHandle.OwnerOnly).Dispose();
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                // Another process may have created it meanwhile.
            }
        }
    }
}

using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Locks a backup directory. Clients share the lock, and prune holds it alone. The lock ends with its process.
/// </summary>
internal static class DirectoryLock
{
    public const string FileName = ".lock";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    /// <returns>null while another process holds the lock alone.</returns>
    /// <exception cref="OperatorException">The lock is no regular file.</exception>
    /// <exception cref="IOException">The lock file can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not open the lock file.</exception>
    public static FileLock? TryShare(DirectoryHandle root)
    {
        Create(root);
        return root.TryLockFile(FileName, isShared: true);
    }

    /// <returns>null while another process holds the lock.</returns>
    /// <inheritdoc cref="TryShare" path="/exception"/>
    public static FileLock? TryAlone(DirectoryHandle root)
    {
        Create(root);
        try
        {
            // NFS takes an exclusive lock only on what is open for writing: flock(2), "NFS details".
            return FileLock.TryTake(root.OpenToChange(FileName), isShared: false);
        }
        catch (IOException e) when (FileLock.IsHeld(e))
        {
            return null;
        }
    }

    /// <param name="attempt"><see cref="TryShare"/> or <see cref="TryAlone"/>.</param>
    /// <param name="waits">Called once if the lock is not free at once.</param>
    public static FileLock Wait(
        Func<DirectoryHandle, FileLock?> attempt,
        DirectoryHandle root,
        Action waits,
        CancellationToken token)
    {
        FileLock? held = attempt(root);
        if (held is null)
        {
            waits();
        }

        while (held is null)
        {
            token.WaitHandle.WaitOne(Interval);
            token.ThrowIfCancellationRequested();
            held = attempt(root);
        }

        return held;
    }

    // The umask decides the mode, because users of a group may share the directory. The file holds nothing.
    private static void Create(DirectoryHandle root) =>
        BackupEntry.CreateMissingFile(root, FileName, DirectoryHandle.ModeByUmask);
}

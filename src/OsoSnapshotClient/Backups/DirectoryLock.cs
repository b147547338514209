namespace OsoSnapshotClient.Backups;

/// <summary>
/// Locks a backup directory. Clients share the lock, and prune holds it alone. The lock ends with its process.
/// </summary>
internal static class DirectoryLock
{
    public const string FileName = ".lock";

    // EWOULDBLOCK on Linux and on macOS, ERROR_SHARING_VIOLATION on Windows.
    private static readonly int[] HeldCodes = [11, 35, unchecked((int)0x80070020)];
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    /// <returns>null while another process holds the lock alone.</returns>
    /// <exception cref="IOException">The lock file can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not open the lock file.</exception>
    public static FileStream? TryShare(string directory) => TryOpen(directory, FileAccess.Read, FileShare.Read);

    /// <returns>null while another process holds the lock.</returns>
    /// <inheritdoc cref="TryShare" path="/exception"/>
    public static FileStream? TryAlone(string directory) => TryOpen(directory, FileAccess.ReadWrite, FileShare.None);

    /// <param name="attempt"><see cref="TryShare"/> or <see cref="TryAlone"/>.</param>
    /// <param name="waits">Called once if the lock is not free at once.</param>
    public static FileStream Wait(
        Func<string, FileStream?> attempt, string directory, Action waits, CancellationToken token)
    {
        FileStream? held = attempt(directory);
        if (held is null)
        {
            waits();
        }

        while (held is null)
        {
            token.WaitHandle.WaitOne(Interval);
            token.ThrowIfCancellationRequested();
            held = attempt(directory);
        }

        return held;
    }

    /// <summary>Whether a file could not be opened because another process has it for itself.</summary>
    public static bool IsHeld(IOException failure) => HeldCodes.Contains(failure.HResult);

    private static FileStream? TryOpen(string directory, FileAccess access, FileShare share)
    {
        try
        {
            return new(Path.Combine(directory, FileName), FileMode.OpenOrCreate, access, share, 1);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }
}

namespace OsoSnapshotClient.Backups;

/// <summary>
/// A lock on a backup directory, which its clients share and prune has alone. It ends with its process.
/// </summary>
internal static class DirectoryLock
{
    public const string FileName = ".lock";

    // EWOULDBLOCK on Linux and on macOS, ERROR_SHARING_VIOLATION on Windows.
    private static readonly int[] HeldCodes = [11, 35, unchecked((int)0x80070020)];
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    /// <returns>null while somebody has it alone.</returns>
    /// <exception cref="IOException">The file can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it.</exception>
    public static FileStream? TryShare(string directory) => TryOpen(directory, FileAccess.Read, FileShare.Read);

    /// <returns>null while somebody else has it.</returns>
    /// <inheritdoc cref="TryShare" path="/exception"/>
    public static FileStream? TryAlone(string directory) => TryOpen(directory, FileAccess.ReadWrite, FileShare.None);

    /// <param name="attempt">One of the above.</param>
    /// <param name="waits">Told once, where it is not to be had at once.</param>
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

    /// <summary>Whether opening a file failed since another process has it for itself.</summary>
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

using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;

namespace OsoSnapshotClient.Copy;

/// <summary>The disk that a copy is written to.</summary>
internal static class LocalDisk
{
    /// <returns>What is left for this user where the file lies.</returns>
    public static long FreeBytes(string file)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(directory)! : directory).AvailableFreeSpace;
    }

    /// <exception cref="OperatorException">There is less room than will be needed.</exception>
    public static void Require(string file, long bytes)
    {
        if (FreeBytes(file) <= bytes)
        {
            throw NoRoom(file, bytes);
        }
    }

    public static OperatorException NoRoom(string file, long bytes) => new(
        ExitStatus.NoRoom,
        $"Not enough room here for the archive: {ByteSize.Format(bytes)} to come,"
        + $" {ByteSize.Format(FreeBytes(file))} free beside {file}.",
        "make room, then run the same command again: the container waits");
}

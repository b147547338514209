using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>The disk that a copy is written to.</summary>
internal static class LocalDisk
{
    // A file system keeps some space for its own tables.
    private const long SpareBytes = 1 << 20;

    /// <returns>The bytes that are free for this user, on the disk where the file lies.</returns>
    public static long FreeBytes(string file)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return directory.Space().FreeBytes;
    }

    /// <exception cref="OperatorException">There is less room than needed.</exception>
    public static void Require(string file, long bytes)
    {
        if (FreeBytes(file) <= bytes)
        {
            throw NoRoom(file, bytes);
        }
    }

    /// <param name="path">The file's path, for a message.</param>
    /// <param name="remedy">What to do if the disk is not full.</param>
    /// <exception cref="OperatorException">The bytes can't be written.</exception>
    public static void Write(
        SafeFileHandle file, string path, long offset, ReadOnlySpan<byte> bytes, string remedy)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (IOException e)
        {
            throw Causes.Of(e) != Causes.Quota && FreeBytes(path) < bytes.Length + SpareBytes
                ? NoRoom(path, bytes.Length)
                : CanNotWrite(path, e, remedy);
        }
    }

    public static OperatorException CanNotWrite(string path, Exception cause, string remedy) =>
        new(
            Causes.Status(cause, ClientStatus.Failed),
            $"{path} can't be written: {Printable.Text(cause.Message)}",
            Causes.Remedy(cause, remedy),
            cause);

    private static OperatorException NoRoom(string file, long bytes) => new(
        ExitStatus.NoRoom,
        $"Not enough room here for the archive: {ByteSize.Format(bytes)} needed,"
        + $" {ByteSize.Format(FreeBytes(file))} free beside {file}.",
        "make room, then run the same command again: the container waits");
}

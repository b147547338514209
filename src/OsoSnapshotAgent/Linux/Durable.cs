using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Calls fsync(2) and reports its errors: FileStream.Flush(flushToDisk: true) of .NET 9 reports none (dotnet/runtime,
/// SystemNative_FSync).
/// </summary>
internal static class Durable
{
    /// <param name="file">A file or a directory.</param>
    /// <param name="path">The path to name in the message.</param>
    /// <exception cref="IOException">The disk failed. What was written may be lost.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        // Some network file systems refuse to flush a directory. Their renames are durable on the server.
        if (LibC.FileSync(file) != 0 && Errno.Last is not (Errno.BadDescriptor or Errno.Invalid or Errno.NotSupported))
        {
            throw new IOException($"{path} can't be flushed to the disk: {Errno.LastText}", Errno.Last);
        }
    }
}

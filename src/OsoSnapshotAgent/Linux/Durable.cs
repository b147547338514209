using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// fsync(2) with its errors: FileStream.Flush(flushToDisk: true) of .NET 9 reports none (dotnet/runtime,
/// SystemNative_FSync).
/// </summary>
internal static class Durable
{
    /// <param name="file">A file or a directory.</param>
    /// <param name="path">For the message.</param>
    /// <exception cref="IOException">The disk failed, so what was written may be lost.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        // Some network file systems refuse to flush a directory; their renames are durable on the server.
        if (LibC.FileSync(file) != 0 && Errno.Last is not (Errno.BadDescriptor or Errno.Invalid or Errno.NotSupported))
        {
            throw new IOException($"{path} can't be flushed to the disk: {Errno.LastText}", Errno.Last);
        }
    }
}

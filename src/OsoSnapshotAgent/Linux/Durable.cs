using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>fsync(2) with its errors: FileStream.Flush(flushToDisk: true) of .NET 9 reports none (dotnet/runtime, SystemNative_FSync).</summary>
internal static class Durable
{
    private const int BadDescriptor = 9, Invalid = 22, NotSupported = 95;

    /// <exception cref="IOException">The disk failed, so what was written may be lost.</exception>
    public static void Flush(FileStream file)
    {
        file.Flush();
        if (LibC.FileSync(file.SafeFileHandle) != 0)
        {
            ThrowUnlessUnsupported(file.Name);
        }
    }

    /// <summary>Makes the creations, renames and deletions in the directory durable.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushDirectory(string path)
    {
        using SafeFileHandle directory = LibC.Open(path);
        if (LibC.FileSync(directory) != 0)
        {
            ThrowUnlessUnsupported(path);
        }
    }

    // Some network file systems refuse to flush a directory; their renames are durable on the server.
    private static void ThrowUnlessUnsupported(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error is not (BadDescriptor or Invalid or NotSupported))
        {
            throw new IOException($"{path} can't be flushed to the disk: {LibC.LastError()}", error);
        }
    }
}

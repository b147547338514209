using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotClient.Copy;

/// <summary>
/// Flushes to the disk and reports errors: .NET's own flush reports none on Unix (dotnet/runtime, SystemNative_FSync).
/// </summary>
internal static partial class Durable
{
    private const int ReadOnly = 0;
    private const int BadDescriptor = 9;
    private const int Invalid = 22;
    private const int NotSupportedOnLinux = 95;
    private const int NotSupportedOnMac = 45;

    /// <exception cref="IOException">The disk failed, so what was written may be lost.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
        }
        else if (FileSync(file) != 0)
        {
            Judge(path);
        }
    }

    /// <summary>Makes a rename in a directory durable; does nothing on Windows, which has no such call.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using SafeFileHandle directory = Open(path, ReadOnly);
        if (directory.IsInvalid || FileSync(directory) != 0)
        {
            Judge(path);
        }
    }

    // Some file systems don't support the call; nothing more can be done for their writes.
    private static void Judge(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error is not (BadDescriptor or Invalid or NotSupportedOnLinux or NotSupportedOnMac))
        {
            throw new IOException($"{path} can't be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>Opens what must be a file: no symbolic link in its place is followed, and no pipe is waited at.</summary>
internal static class RegularFile
{
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is something else, or any other failure.</exception>
    public static FileStream OpenRead(string path)
    {
        const int NoEntry = 2, NotDirectory = 20, Denied = 13, NotPermitted = 1, Loop = 40;

        int descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec | LibC.OpenNoFollow | LibC.OpenNonBlocking);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string message = $"{path}: {Marshal.GetPInvokeErrorMessage(error)}";
            throw error switch
            {
                NoEntry or NotDirectory => new FileNotFoundException(message, path),
                Denied or NotPermitted => new UnauthorizedAccessException(message),
                Loop => new IOException($"{path} is a symbolic link, which could lead anywhere and is not followed", error),
                _ => new IOException(message, error),
            };
        }

        if (FileStatus.Find(descriptor) is not { IsRegularFile: true })
        {
            _ = LibC.Close(descriptor);
            throw new IOException($"{path} is not a regular file");
        }

#pragma warning disable CA2000 // The stream owns it.
        return new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
#pragma warning restore CA2000
    }
}

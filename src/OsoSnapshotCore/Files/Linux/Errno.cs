using System.Runtime.InteropServices;

namespace OsoSnapshotCore.Files.Linux;

/// <summary>Error numbers of asm-generic/errno-base.h and errno.h. They are the same on x86-64 and arm64.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int BadDescriptor = 9;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int NotDirectory = 20;
    public const int Invalid = 22;
    public const int BrokenPipe = 32;
    public const int WouldBlockOnMac = 35;
    public const int NoLocks = 37;
    public const int NotImplemented = 38;
    public const int Loop = 40;
    public const int NotSupported = 95;

    /// <summary>The error of this thread's last system call.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The last error in words.</summary>
    public static string LastText => Marshal.GetPInvokeErrorMessage(Last);

    /// <summary>Makes the exception that .NET's own file functions throw for the last error.</summary>
    /// <param name="path">The path that the system call was given.</param>
    public static Exception ToException(string path)
    {
        int error = Last;
        string message = $"{path}: {LastText}";
        return error switch
        {
            NoEntry => new FileNotFoundException(message, path),
            AccessDenied or NotPermitted => new UnauthorizedAccessException(message) { HResult = error },
            NotDirectory => new IOException($"{path} is not a directory", error),
            Loop => new IOException($"{path} is a symbolic link, which is not followed", error),
            _ => new IOException(message, error),
        };
    }
}

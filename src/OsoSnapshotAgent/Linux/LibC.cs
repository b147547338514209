using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OsoSnapshotAgent.Linux;

/// <summary>The system calls that .NET has no API for. x86-64 and arm64 have the same numbers, except two.</summary>
internal static unsafe partial class LibC
{
    public const int OpenWriteOnly = 1;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;
    public const int OpenAppend = 0x400;
    public const int OpenNonBlocking = 0x800;
    public const int OpenPath = 0x200000;

    // asm/fcntl.h: these two differ between the architectures.
    public static readonly int OpenNoFollow = IsArm ? 0x8000 : 0x20000;
    public static readonly int OpenDirectory = IsArm ? 0x4000 : 0x10000;

    /// <summary>AT_FDCWD. It is not a descriptor, so it is never closed.</summary>
    public static readonly SafeFileHandle AtCurrentDirectory = new(-100, ownsHandle: false);
    public const int AtRemoveDirectory = 0x200;
    public const int AtSymlinkNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;
    public const uint StatxBasic = 0x7ff;
    public const uint StatxMountId = 0x1000;
    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const int FlushInput = 0;
    public const int WriteAccess = 2;
    public const nuint GetWindowSize = 0x5413;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(SafeFileHandle directory, byte* name, int flags);

    [LibraryImport(Library, EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(
        SafeFileHandle oldDirectory,
        byte* oldName,
        SafeFileHandle newDirectory,
        byte* newName);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(SafeFileHandle directory, byte* name, byte* text, nuint length);

    [LibraryImport(Library, EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint GetDirectoryEntries(SafeFileHandle directory, byte* entries, nuint length);

    [LibraryImport(Library, EntryPoint = "faccessat", SetLastError = true)]
    public static partial int AccessAt(SafeFileHandle directory, byte* name, int mode, int flags);

    [LibraryImport(Library, EntryPoint = "fstatvfs", SetLastError = true)]
    public static partial int VolumeStatus(SafeFileHandle file, ulong* status);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int FileSync(SafeFileHandle file);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int FileLock(SafeFileHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "isatty")]
    public static partial int IsTerminal(int descriptor);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollRequest* requests, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "tcflush", SetLastError = true)]
    public static partial int TerminalFlush(int descriptor, int queue);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int WindowSize(int descriptor, nuint request, ushort* rowsColumnsPixels);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    public static partial int Statx(SafeFileHandle directory, byte* name, int flags, uint mask, byte* result);

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    public static partial int Advise(nuint start, nuint length, int advice);

    [LibraryImport(Library, EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(Library, EntryPoint = "posix_fadvise")]
    public static partial int FileAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport(Library, EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, int who, int priority);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint first, nint second, nint third);

    /// <summary>Calls openat(2), closed on exec. The umask decides who may read a file that it creates.</summary>
    /// <param name="path">The path to name in the message.</param>
    /// <inheritdoc cref="DirectoryHandle.OpenFile" path="/exception"/>
    public static SafeFileHandle OpenAt(SafeFileHandle directory, string name, int flags, string path)
    {
        const int CloseOnExec = 0x80000;
        const int ReadableAndWritableByAll = 0x1B6;
        fixed (byte* start = FileName.Encode(name))
        {
            int descriptor = OpenAt(directory, start, flags | CloseOnExec, ReadableAndWritableByAll);
            return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Errno.ToException(path);
        }
    }

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(SafeFileHandle directory, byte* name, int flags, uint mode);

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}

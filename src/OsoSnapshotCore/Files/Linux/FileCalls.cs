using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OsoSnapshotCore.Files.Linux;

/// <summary>
/// The system calls on files that .NET has no API for. x86-64 and arm64 have the same numbers, except two.
/// </summary>
internal static unsafe partial class FileCalls
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
    public const uint RenameNoReplace = 1;
    public const uint StatxBasic = 0x7ff;
    public const uint StatxMountId = 0x1000;
    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;
    public const int WriteAccess = 2;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(SafeFileHandle directory, byte* name, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(SafeFileHandle directory, byte* name, int flags);

    [LibraryImport(Library, EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(
        SafeFileHandle oldDirectory,
        byte* oldName,
        SafeFileHandle newDirectory,
        byte* newName);

    /// <summary>glibc has it since 2.28.</summary>
    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true)]
    public static partial int RenameAt2(
        SafeFileHandle oldDirectory,
        byte* oldName,
        SafeFileHandle newDirectory,
        byte* newName,
        uint flags);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(
        SafeFileHandle oldDirectory,
        byte* oldName,
        SafeFileHandle newDirectory,
        byte* newName,
        int flags);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(SafeFileHandle directory, byte* name, byte* text, nuint length);

    /// <summary>Calls getdents64(2). glibc has no function for it before 2.30.</summary>
    public static nint GetDirectoryEntries(SafeFileHandle directory, byte* entries, nuint length) =>
        SystemCall(IsArm ? 61 : 217, directory, entries, length);

    [LibraryImport(Library, EntryPoint = "faccessat", SetLastError = true)]
    public static partial int AccessAt(SafeFileHandle directory, byte* name, int mode, int flags);

    [LibraryImport(Library, EntryPoint = "fstatvfs", SetLastError = true)]
    public static partial int VolumeStatus(SafeFileHandle file, ulong* status);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int FileSync(SafeFileHandle file);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(SafeFileHandle file, uint user, uint group);

    /// <summary>macOS has it too, with the same operations.</summary>
    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int FileLock(SafeFileHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    public static partial int Statx(SafeFileHandle directory, byte* name, int flags, uint mask, byte* result);

    /// <summary>Calls openat(2), closed on exec.</summary>
    /// <param name="path">The path to name in the message.</param>
    /// <param name="mode">The mode of a file that it creates; the umask takes from it.</param>
    /// <inheritdoc cref="DirectoryHandle.OpenFile" path="/exception"/>
    public static SafeFileHandle OpenAt(
        SafeFileHandle directory,
        string name,
        int flags,
        string path,
        UnixFileMode mode = DirectoryHandle.ModeByUmask)
    {
        const int CloseOnExec = 0x80000;
        fixed (byte* start = FileName.Encode(name))
        {
            int descriptor = OpenAt(directory, start, flags | CloseOnExec, (uint)mode);
            return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Errno.ToException(path);
        }
    }

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(SafeFileHandle directory, byte* name, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, SafeFileHandle directory, byte* buffer, nuint length);

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}

using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>The size of a file system, in bytes.</summary>
/// <param name="TotalBytes">The size of the whole file system.</param>
/// <param name="FreeBytes">The bytes that an unprivileged process may still write.</param>
internal readonly record struct VolumeSpace(long TotalBytes, long FreeBytes)
{
    /// <exception cref="IOException">The size can't be read.</exception>
    internal static unsafe VolumeSpace Of(SafeFileHandle file, string path)
    {
        // struct statvfs of bits/statvfs.h: block size, fragment size, blocks, free blocks, blocks free to everyone, …
        ulong* fields = stackalloc ulong[16];
        if (LibC.VolumeStatus(file, fields) != 0)
        {
            throw Errno.ToException(path);
        }

        return new(Bytes(fields[2], fields[1]), Bytes(fields[4], fields[1]));
    }

    // A network file system may report 8 EiB and more.
    private static long Bytes(ulong blocks, ulong blockBytes) =>
        (long)UInt128.Min((UInt128)blocks * blockBytes, long.MaxValue);
}

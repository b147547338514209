using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotCore.Files.Linux;

/// <summary>Calls statx(2).</summary>
internal static class Statx
{
    // sizeof(struct statx).
    private const int StructBytes = 256;

    /// <param name="directory">An open directory.</param>
    /// <param name="name">The name of an entry in it.</param>
    /// <param name="path">The path to name in the message.</param>
    /// <returns>null if nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">The directory may not be searched.</exception>
    /// <exception cref="IOException">Another error occurred.</exception>
    public static FileStatus? Find(SafeFileHandle directory, string name, string path)
    {
        Span<byte> buffer = stackalloc byte[StructBytes];
        if (Call(directory, name, FileCalls.AtSymlinkNoFollow, buffer) == 0)
        {
            return Read(buffer);
        }

        return Errno.Last == Errno.NoEntry ? null : throw Errno.ToException(path);
    }

    /// <summary>Reads the status of an open file or directory.</summary>
    /// <exception cref="IOException">The status can't be read.</exception>
    public static FileStatus Of(SafeFileHandle file, string path)
    {
        Span<byte> buffer = stackalloc byte[StructBytes];
        return Call(file, string.Empty, FileCalls.AtEmptyPath, buffer) == 0
            ? Read(buffer)
            : throw Errno.ToException(path);
    }

    // struct statx of linux/stat.h has the same layout on every architecture.
    private static FileStatus Read(ReadOnlySpan<byte> buffer) => new()
    {
        LinkCount = BinaryPrimitives.ReadUInt32LittleEndian(buffer[16..]),
        UserId = BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
        GroupId = BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]),
        Mode = BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]),
        SizeBytes = BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]),
        AllocatedBytes = Bytes(BinaryPrimitives.ReadUInt64LittleEndian(buffer[48..])),
        MountId = (BinaryPrimitives.ReadUInt32LittleEndian(buffer) & FileCalls.StatxMountId) != 0
            ? BinaryPrimitives.ReadUInt64LittleEndian(buffer[144..])
            : null,
        ModifiedAt = Time(BinaryPrimitives.ReadInt64LittleEndian(buffer[112..])),
        ModifiedNanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(buffer[120..]),
        Identity = (
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[136..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[140..]),
            BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..])),
    };

    // A sparse file of a network file system may claim any number of sectors.
    private static long Bytes(ulong sectors) => (long)Math.Min(sectors, long.MaxValue / 512) * 512;

    // A file's time may be any number, even one that no DateTimeOffset can hold.
    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(
        Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    private static unsafe int Call(SafeFileHandle directory, string name, int flags, Span<byte> buffer)
    {
        fixed (byte* start = FileName.Encode(name), result = buffer)
        {
            return FileCalls.Statx(directory, start, flags, FileCalls.StatxBasic | FileCalls.StatxMountId, result);
        }
    }
}

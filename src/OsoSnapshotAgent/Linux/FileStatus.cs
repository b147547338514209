using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>What statx(2) reports of a file. A symbolic link is not followed.</summary>
internal sealed record FileStatus
{
    // sizeof(struct statx).
    private const int StatxBytes = 256;
    private const int TypeMask = 0xF000;
    private const int TypeDirectory = 0x4000;
    private const int TypeRegular = 0x8000;
    private const int TypeSymlink = 0xA000;

    /// <summary>File type and permission bits (st_mode).</summary>
    public required int Mode { get; init; }

    public required uint LinkCount { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    public required long SizeBytes { get; init; }

    public required long AllocatedBytes { get; init; }

    /// <summary>In whole seconds.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>The nanoseconds that <see cref="ModifiedAt"/> leaves out.</summary>
    public uint ModifiedNanoseconds { get; init; }

    public required (uint DeviceMajor, uint DeviceMinor, ulong Inode) Identity { get; init; }

    /// <summary>The mount that it is reached through; null before Linux 5.8.</summary>
    public ulong? MountId { get; init; }

    public bool IsDirectory => (Mode & TypeMask) == TypeDirectory;

    public bool IsRegularFile => (Mode & TypeMask) == TypeRegular;

    public bool IsSymbolicLink => (Mode & TypeMask) == TypeSymlink;

    /// <summary>
    /// True if link(2) refuses to link from one to the other, with EXDEV: they are of two file systems, or of one that
    /// is mounted twice.
    /// </summary>
    public bool IsOnAnotherMountThan(FileStatus other) =>
        (Identity.DeviceMajor, Identity.DeviceMinor) != (other.Identity.DeviceMajor, other.Identity.DeviceMinor)
        || (MountId is { } mount && other.MountId is { } otherMount && mount != otherMount);

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public int Permissions => Mode & 0xFFF;

    /// <param name="directory">An open directory.</param>
    /// <param name="name">The name of an entry in it.</param>
    /// <param name="path">The path to name in the message.</param>
    /// <returns>null if nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">The directory may not be searched.</exception>
    /// <exception cref="IOException">Another error occurred.</exception>
    public static FileStatus? Find(SafeFileHandle directory, string name, string path)
    {
        Span<byte> buffer = stackalloc byte[StatxBytes];
        if (Call(directory, name, LibC.AtSymlinkNoFollow, buffer) == 0)
        {
            return Read(buffer);
        }

        return Errno.Last == Errno.NoEntry ? null : throw Errno.ToException(path);
    }

    /// <summary>Reads the status of an open file or directory.</summary>
    /// <exception cref="IOException">The status can't be read.</exception>
    public static FileStatus Of(SafeFileHandle file, string path)
    {
        Span<byte> buffer = stackalloc byte[StatxBytes];
        return Call(file, string.Empty, LibC.AtEmptyPath, buffer) == 0 ? Read(buffer) : throw Errno.ToException(path);
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
        MountId = (BinaryPrimitives.ReadUInt32LittleEndian(buffer) & LibC.StatxMountId) != 0
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
            return LibC.Statx(directory, start, flags, LibC.StatxBasic | LibC.StatxMountId, result);
        }
    }
}

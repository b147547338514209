using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Linux;

/// <summary>What statx(2) tells of a file, without following a symbolic link.</summary>
internal sealed record FileStatus
{
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

    public required DateTimeOffset ModifiedAt { get; init; }

    public required (uint DeviceMajor, uint DeviceMinor, ulong Inode) Identity { get; init; }

    public bool IsDirectory => (Mode & TypeMask) == TypeDirectory;

    public bool IsRegularFile => (Mode & TypeMask) == TypeRegular;

    public bool IsSymbolicLink => (Mode & TypeMask) == TypeSymlink;

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public int Permissions => Mode & 0xFFF;

    /// <returns>null where nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    /// <exception cref="IOException">Any other failure.</exception>
    public static FileStatus? Find(string path)
    {
        const int NoEntry = 2, NotDirectory = 20, Denied = 13, NotPermitted = 1;

        Span<byte> buffer = stackalloc byte[256];
        if (Call(LibC.AtCurrentDirectory, path, LibC.AtSymlinkNoFollow, buffer) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string message = $"{path}: {Marshal.GetPInvokeErrorMessage(error)}";
            return error switch
            {
                NoEntry or NotDirectory => null,
                Denied or NotPermitted => throw new UnauthorizedAccessException(message),
                _ => throw new IOException(message, error),
            };
        }

        return Read(buffer);
    }

    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    public static FileStatus Of(string path) => Find(path) ?? throw new FileNotFoundException($"{path}: no such file or directory", path);

    /// <returns>null where the file of this descriptor tells nothing.</returns>
    public static FileStatus? Find(int descriptor)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Call(descriptor, string.Empty, LibC.AtEmptyPath, buffer) == 0 ? Read(buffer) : null;
    }

    // struct statx of linux/stat.h: the same layout on every architecture.
    private static FileStatus Read(ReadOnlySpan<byte> buffer) => new()
    {
        LinkCount = BinaryPrimitives.ReadUInt32LittleEndian(buffer[16..]),
        UserId = BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
        GroupId = BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]),
        Mode = BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]),
        SizeBytes = BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]),
        AllocatedBytes = BinaryPrimitives.ReadInt64LittleEndian(buffer[48..]) * 512,
        ModifiedAt = Time(BinaryPrimitives.ReadInt64LittleEndian(buffer[112..])),
        Identity = (
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[136..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[140..]),
            BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..])),
    };

    // A file's time may be any number.
    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(
        Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    private static unsafe int Call(int directory, string path, int flags, Span<byte> buffer)
    {
        fixed (byte* result = buffer)
        {
            return LibC.Statx(directory, path, flags, LibC.StatxBasic, result);
        }
    }
}

namespace OsoSnapshotCore.Files;

/// <summary>What the file system reports of a file. A symbolic link is not followed.</summary>
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

    /// <summary>What .NET reports of a file, where the system has no statx(2).</summary>
    public static FileStatus Of(FileSystemInfo info) => new()
    {
        Mode = info switch
        {
            { LinkTarget: not null } => TypeSymlink,
            DirectoryInfo => TypeDirectory,
            _ => TypeRegular,
        } | (OperatingSystem.IsWindows() ? 0 : (int)info.UnixFileMode),
        LinkCount = 1,
        UserId = 0,
        GroupId = 0,
        SizeBytes = info is FileInfo { LinkTarget: null } file ? file.Length : 0,
        AllocatedBytes = 0,
        ModifiedAt = info.LastWriteTimeUtc,
        Identity = default,
    };
}

namespace OsoSnapshotCore.Files;

/// <summary>The size of a file system, in bytes.</summary>
/// <param name="TotalBytes">The size of the whole file system.</param>
/// <param name="FreeBytes">The bytes that an unprivileged process may still write.</param>
internal readonly record struct VolumeSpace(long TotalBytes, long FreeBytes)
{
    /// <param name="blocks">All blocks, as statvfs(3) counts them.</param>
    /// <param name="freeBlocks">Those that an unprivileged process may still write.</param>
    public static VolumeSpace Of(ulong blocks, ulong freeBlocks, ulong blockBytes) =>
        new(Bytes(blocks, blockBytes), Bytes(freeBlocks, blockBytes));

    // A network file system may report 8 EiB and more.
    private static long Bytes(ulong blocks, ulong blockBytes) =>
        (long)UInt128.Min((UInt128)blocks * blockBytes, long.MaxValue);
}

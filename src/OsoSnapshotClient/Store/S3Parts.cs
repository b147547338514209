using System.Buffers.Binary;
using System.IO.Hashing;

namespace OsoSnapshotClient.Store;

/// <summary>The sizes and checksums of the parts of an upload.</summary>
internal static class S3Parts
{
    /// <summary>What the parts of all uploads may have. The client stays below 150 MiB.</summary>
    public const int MemoryMebibytes = 64;

    public const int Mebibyte = 1024 * 1024;
    private const int MinPartMebibytes = 8;

    // AWS: "Amazon S3 multipart upload limits".
    private const long MaxObjectBytes = 5L << 40;

    // A store takes 10,000 parts.
    private const long MaxParts = 9_000;

    /// <param name="maxBytes">
    /// The size of what is compressed into the object; the largest number if it is unknown. Then the object can have
    /// some 290 GB.
    /// </param>
    /// <returns>The size of a part.</returns>
    public static int BytesFor(long maxBytes)
    {
        if (maxBytes == long.MaxValue)
        {
            return MemoryMebibytes / 2 * Mebibyte;
        }

        return (int)Math.Max(MinPartMebibytes, (Bound(maxBytes) / MaxParts / Mebibyte) + 1) * Mebibyte;
    }

    /// <param name="maxBytes">The size of what is compressed into an object.</param>
    /// <returns>The maximum size of the object: what can't be compressed gets longer.</returns>
    public static long Bound(long maxBytes)
    {
        long bound = Math.Min(maxBytes, MaxObjectBytes);
        return bound + (bound / 64) + Mebibyte;
    }

    /// <returns>The checksum as S3 writes it: big-endian, in Base64.</returns>
    public static string Text(Crc64 crc)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, crc.GetCurrentHashAsUInt64());
        return Convert.ToBase64String(value);
    }
}

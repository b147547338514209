using System.Buffers.Binary;

namespace OsoSnapshotCore.Streams;

/// <summary>The CRC-32 of gzip (RFC 1952, section 8), fed piece by piece.</summary>
internal struct Crc32
{
    private const uint Polynomial = 0xEDB88320;

    // Table n holds the checksums of each byte with n zero bytes after it. The loop sums eight bytes at a time.
    private static readonly uint[][] Tables = MakeTables();

    public uint Value { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes) =>
        Value = IsalLibrary.Instance is { } isal ? isal.Crc32(Value, bytes) : Sum(Value, bytes);

    /// <summary>The sum without ISA-L.</summary>
    internal static uint Sum(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        while (bytes.Length >= sizeof(ulong))
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = 0;
            for (int table = 7; table >= 0; table--)
            {
                crc ^= Tables[table][(byte)eight];
                eight >>= 8;
            }

            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = Tables[0][(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        uint[][] tables = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }

            tables[0][value] = crc;
        }

        for (int table = 1; table < tables.Length; table++)
        {
            for (int value = 0; value < 256; value++)
            {
                uint crc = tables[table - 1][value];
                tables[table][value] = tables[0][(byte)crc] ^ (crc >> 8);
            }
        }

        return tables;
    }
}

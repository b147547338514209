using System.Buffers.Binary;
using System.Numerics;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// CRC-32C (Castagnoli), the checksum of every TSDB file (RFC 3720, appendix B.4), fed piece by piece.
/// </summary>
internal struct Crc32C
{
    // ISA-L is several times faster than a loop of single instructions, but a call costs more than a short loop.
    private const int MinBytesForIsal = 1024;

    private uint _notCrc;

    public readonly uint Value => _notCrc ^ 0xFFFFFFFF;

    public static Crc32C Start() => new() { _notCrc = 0xFFFFFFFF };

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        Crc32C crc = Start();
        crc.Append(bytes);
        return crc.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= MinBytesForIsal && IsalLibrary.Instance is { } isal)
        {
            _notCrc = isal.Crc32C(_notCrc, bytes);
            return;
        }

        uint crc = _notCrc;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        _notCrc = crc;
    }
}

using System.Buffers.Binary;

namespace TsdbGenerator.Format;

/// <summary>Writes bits, the most significant first, into a fixed buffer that is reused for every chunk.</summary>
internal sealed class BitWriter(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity + sizeof(ulong)];
    private int _length;
    private ulong _pending;
    private int _pendingBits;

    public void Clear() => (_length, _pending, _pendingBits) = (0, 0, 0);

    /// <summary>Writes the lowest <paramref name="count"/> bits (1 to 64); the bits above them must be zero.</summary>
    public void Write(ulong value, int count)
    {
        int free = 64 - _pendingBits;
        if (count < free)
        {
            _pending |= value << (free - count);
            _pendingBits += count;
            return;
        }

        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), _pending | (value >> (count - free)));
        _length += sizeof(ulong);
        _pendingBits = count - free;
        _pending = _pendingBits == 0 ? 0 : value << (64 - _pendingBits);
    }

    public void WriteUvarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Write((value & 0x7F) | 0x80, 8);
        }

        Write(value, 8);
    }

    /// <summary>Pads the last byte with zero bits and returns everything written since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), _pending);
        return _bytes.AsSpan(0, _length + ((_pendingBits + 7) / 8));
    }
}

using System.Buffers.Binary;
using System.Text;

namespace TsdbGenerator.Format;

/// <summary>A growing buffer that encodes numbers as Prometheus' files do: big-endian, or as Go's varints.</summary>
internal sealed class SectionBuffer
{
    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void PutByte(byte value) => Reserve(1)[0] = value;

    public void PutBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void PutUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);

    public void PutUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Reserve(sizeof(ulong)), value);

    public void PutUvarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            PutByte((byte)(value | 0x80));
        }

        PutByte((byte)value);
    }

    public void PutVarint(long value) => PutUvarint((ulong)((value << 1) ^ (value >> 63)));

    public void PutString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        PutUvarint((ulong)length);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}

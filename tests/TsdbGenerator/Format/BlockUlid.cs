using System.Buffers.Binary;

namespace TsdbGenerator.Format;

/// <summary>
/// Makes a block's name: 48 bits of Unix milliseconds and 80 random bits, in Crockford's base 32. Source:
/// github.com/ulid/spec.
/// </summary>
internal static class BlockUlid
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string Create(long unixMilliseconds, ulong random1, ulong random2)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)unixMilliseconds << 16) | (random1 & 0xFFFF));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], random2);
        UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return string.Create(26, value, static (text, rest) =>
        {
            for (int i = text.Length - 1; i >= 0; i--, rest >>= 5)
            {
                text[i] = Alphabet[(int)(rest & 31)];
            }
        });
    }
}

namespace OsoSnapshotCore.Blocks;

/// <summary>The numbers of variable length in TSDB files: seven bits in each byte, the lowest first.</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    /// <returns>
    /// The number of its bytes; 0 if the bytes end within the number; -1 if the number has more than 64 bits.
    /// </returns>
    public static int TryRead(ReadOnlySpan<byte> bytes, out ulong value)
    {
        if (!bytes.IsEmpty && bytes[0] < 0x80)
        {
            value = bytes[0];
            return 1;
        }

        int end = Math.Min(bytes.Length, MaxBytes);
        value = 0;
        for (int i = 0; i < end; i++)
        {
            uint next = bytes[i];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return i == MaxBytes - 1 && next > 1 ? -1 : i + 1;
            }
        }

        return end == MaxBytes ? -1 : 0;
    }

    /// <summary>Decodes a signed number, whose sign is its lowest bit.</summary>
    public static long Signed(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}

/// <summary>Reads the numbers of one entry.</summary>
internal ref struct VarintReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <exception cref="InvalidDataException">The entry ends within the number, or the number is too long.</exception>
    public ulong Unsigned()
    {
        int length = Varint.TryRead(_rest, out ulong value);
        if (length <= 0)
        {
            throw new InvalidDataException("index: a series ends within a number");
        }

        _rest = _rest[length..];
        return value;
    }

    /// <inheritdoc cref="Unsigned"/>
    public long Signed() => Varint.Signed(Unsigned());
}

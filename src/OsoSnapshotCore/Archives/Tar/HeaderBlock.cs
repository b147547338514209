using System.Buffers.Binary;

namespace OsoSnapshotCore.Archives.Tar;

/// <summary>
/// Reads the fields of one header. Sources: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual, "Basic Tar
/// Format".
/// </summary>
internal readonly ref struct HeaderBlock(ReadOnlySpan<byte> bytes)
{
    /// <summary>155 bytes of prefix, a slash and 100 bytes of name.</summary>
    public const int MaxNameBytes = 256;

    private const int SumOffset = 148;
    private const int SumBytes = 8;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>True if the block holds only zeros. Two such blocks end an archive.</summary>
    public bool IsZero => !_bytes.ContainsAnyExcept((byte)0);

    public char Type => (char)_bytes[156];

    /// <summary>null if the field holds no number, a negative one or one over 63 bits.</summary>
    public long? SizeBytes => Number(_bytes.Slice(124, 12));

    /// <summary>True if the checksum is that of unsigned bytes, or of signed bytes, which GNU tar accepts.</summary>
    public bool HasRightSum
    {
        get
        {
            // The bytes of the checksum itself count as spaces.
            int unsigned = SumBytes * ' ';
            int signed = unsigned;
            for (int i = 0; i < _bytes.Length; i++)
            {
                if (i is < SumOffset or >= SumOffset + SumBytes)
                {
                    unsigned += _bytes[i];
                    signed += (sbyte)_bytes[i];
                }
            }

            long? stored = Octal(_bytes.Slice(SumOffset, SumBytes));
            return stored == unsigned || stored == signed;
        }
    }

    /// <summary>True if some readers put the prefix before the name, and others, such as GNU tar, do not.</summary>
    public bool HasDoubtfulPrefix => !Prefix.IsEmpty && !_bytes.Slice(257, 6).SequenceEqual("ustar\0"u8);

    private ReadOnlySpan<byte> Prefix => Text(_bytes.Slice(345, 155));

    /// <summary>Writes the name in bytes.</summary>
    /// <returns>The number of bytes.</returns>
    public int CopyName(Span<byte> name)
    {
        ReadOnlySpan<byte> prefix = Prefix;
        ReadOnlySpan<byte> rest = Text(_bytes[..100]);
        if (prefix.IsEmpty)
        {
            rest.CopyTo(name);
            return rest.Length;
        }

        prefix.CopyTo(name);
        name[prefix.Length] = (byte)'/';
        rest.CopyTo(name[(prefix.Length + 1)..]);
        return prefix.Length + 1 + rest.Length;
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    // The number is octal, or in base 256 after a byte 0x80. A byte 0xFF starts a negative number.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        const int LongBytes = sizeof(long);
        if (field[0] < 0x80)
        {
            return Octal(field);
        }

        long number = BinaryPrimitives.ReadInt64BigEndian(field[^LongBytes..]);
        return field[0] == 0x80 && !field[1..^LongBytes].ContainsAnyExcept((byte)0) && number >= 0 ? number : null;
    }

    // Spaces may precede the digits, spaces and zero bytes may follow them. A field without a digit is 0.
    private static long? Octal(ReadOnlySpan<byte> field)
    {
        field = field.TrimStart((byte)' ');
        long number = 0;
        while (!field.IsEmpty && field[0] is >= (byte)'0' and <= (byte)'7')
        {
            number = (number * 8) + field[0] - '0';
            field = field[1..];
        }

        return field.ContainsAnyExcept((byte)' ', (byte)0) ? null : number;
    }
}

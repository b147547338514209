using System.Buffers.Binary;

namespace TsdbJudge.Damage;

/// <summary>Walks over the bytes of a sound file, and notes each field.</summary>
internal sealed class PlaceReader(byte[] bytes)
{
    private int _checkedFrom;
    private int _checksumAt;

    public List<Place> Places { get; } = [];

    public string Section { get; set; } = string.Empty;

    public int At { get; set; }

    public ReadOnlySpan<byte> Skip(string field, int length)
    {
        if (length > 0)
        {
            Places.Add(new Place(Section, field, At, length, _checkedFrom, _checksumAt));
        }

        At += length;
        return bytes.AsSpan(At - length, length);
    }

    public uint UInt32(string field) => BinaryPrimitives.ReadUInt32BigEndian(Skip(field, sizeof(uint)));

    public ulong UInt64(string field) => BinaryPrimitives.ReadUInt64BigEndian(Skip(field, sizeof(ulong)));

    public ulong Uvarint(string field)
    {
        int length = 0;
        ulong value = 0;
        byte next;
        do
        {
            next = bytes[At + length];
            value |= (ulong)(next & 0x7F) << (7 * length++);
        }
        while (next >= 0x80);
        Skip(field, length);
        return value;
    }

    /// <summary>Reads fields under one checksum, which follows them.</summary>
    /// <param name="length">The number of bytes that the checksum covers.</param>
    public void Checked(int length, Action fields)
    {
        (_checkedFrom, _checksumAt) = (At, At + length);
        int end = At + length;
        fields();
        (_checkedFrom, _checksumAt) = (0, 0);
        Skip("rest", end - At);
        Skip("crc", sizeof(uint));
    }

    /// <summary>Notes the bytes that belong to no field as padding.</summary>
    public void NotePadding(string section)
    {
        Section = section;
        List<Place> known = [.. Places.OrderBy(place => place.Offset)];
        At = 0;
        foreach (Place place in known)
        {
            if (place.Offset > At)
            {
                Skip("padding", place.Offset - At);
            }

            At = Math.Max(At, place.Offset + place.Length);
        }
    }
}

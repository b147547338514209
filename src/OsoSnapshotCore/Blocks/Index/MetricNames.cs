using System.Buffers.Binary;
using System.Text;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Reads the names of the metrics in a sound index: the values of <c>__name__</c> in the offset table of the postings.
/// </summary>
internal static class MetricNames
{
    private const string Label = "__name__";
    private const int BufferBytes = 64 << 10;
    private const int CrcBytes = 4;

    // The last of the six references in the table of contents, which a CRC-32C follows.
    private const int TableReferenceFromEnd = 8 + CrcBytes;

    /// <param name="max">The number of names after which reading stops.</param>
    /// <returns>Each name, and the position of the list of its series.</returns>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    public static IReadOnlyList<(string Name, long Position)> Read(FileStream index, int max)
    {
        List<(string Name, long Position)> names = [];
        try
        {
            index.Seek(-TableReferenceFromEnd, SeekOrigin.End);
            Span<byte> word = stackalloc byte[sizeof(long)];
            index.ReadExactly(word);
            index.Seek(BinaryPrimitives.ReadInt64BigEndian(word), SeekOrigin.Begin);

            BufferedStream table = new(index, BufferBytes);
            table.ReadExactly(word);
            uint entries = BinaryPrimitives.ReadUInt32BigEndian(word[4..]);
            for (; entries > 0 && names.Count < max; entries--)
            {
                ReadNumber(table);
                string label = ReadText(table);
                string value = ReadText(table);
                ulong position = ReadNumber(table);
                if (label == Label)
                {
                    names.Add((value, (long)position));
                }
            }
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException)
        {
            throw new InvalidDataException("index: its postings offset table can't be read", e);
        }

        return names;
    }

    /// <summary>Reads how many series a list has: the length of the list comes first, then their number.</summary>
    /// <exception cref="EndOfStreamException">There is no list.</exception>
    public static uint CountSeries(FileStream index, long position)
    {
        index.Seek(position, SeekOrigin.Begin);
        Span<byte> word = stackalloc byte[sizeof(long)];
        index.ReadExactly(word);
        return BinaryPrimitives.ReadUInt32BigEndian(word[4..]);
    }

    // Label names and values have no limit in the format. Prometheus' own are far below this.
    private static string ReadText(BufferedStream table)
    {
        const ulong MaxTextBytes = 1 << 20;
        ulong length = ReadNumber(table);
        if (length > MaxTextBytes)
        {
            throw new InvalidDataException($"index: a text of {length} bytes");
        }

        byte[] text = new byte[length];
        table.ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    private static ulong ReadNumber(BufferedStream table)
    {
        ulong number = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = table.ReadByte();
            if (next < 0)
            {
                throw new EndOfStreamException();
            }

            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        return number;
    }
}

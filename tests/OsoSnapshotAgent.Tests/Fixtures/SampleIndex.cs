using System.Buffers.Binary;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Makes an index of version 2 as Prometheus 2.42 does: symbols, series, a label index, postings, their two offset
/// tables and the table of contents. Each series has one label and one chunk.
/// </summary>
internal sealed class SampleIndex
{
    private static readonly string[] Values = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    private readonly List<byte> _file = [];
    private readonly List<int> _series = [];
    private readonly List<int> _lists = [];

    /// <summary>The starts of the parts, and their ends.</summary>
    public Dictionary<string, Range> Parts { get; } = [];

    public byte[] Bytes => [.. _file];

    /// <param name="references">The place of each series' chunk; at most ten.</param>
    /// <param name="symbol">A symbol that no series uses.</param>
    /// <param name="times">The times of each chunk.</param>
    /// <param name="minBytes">Zeros before the table of contents make the file so long.</param>
    public static SampleIndex Of(long[] references, byte[]? symbol = null, (long Min, long Max)? times = null, int minBytes = 0)
    {
        SampleIndex index = new();
        index._file.AddRange([0xBA, 0xAA, 0xD7, 0x00, 2]);
        int symbols = index.Part("symbols", () => index.Symbols(references.Length, symbol ?? "z"u8.ToArray()));
        int series = index.Part("series", () => Array.ForEach(
            [.. references.Select((reference, i) => (reference, i))],
            one => index.Series(one.i, references.Length, one.reference, times ?? (SampleBlock.MinTime, SampleBlock.MaxTime - 1))));
        int labelIndex = index.Part("label index", () => index.LabelIndex(references.Length));
        int postings = index.Part("postings", index.Postings);
        int labelTable = index.Part("label table", () => index.Section([.. Word(1), 1, 1, (byte)'a', .. Uvarint(labelIndex)]));
        int table = index.Part("postings table", index.PostingsTable);
        index._file.AddRange(new byte[Math.Max(0, minBytes - 52 - index._file.Count)]);
        index.Part("table of contents", () => index.Toc(symbols, series, labelIndex, labelTable, postings, table));
        return index;
    }

    public static byte[] Uvarint(long value)
    {
        List<byte> bytes = [];
        for (ulong left = (ulong)value; ; left >>= 7)
        {
            bytes.Add((byte)(left < 0x80 ? left : (left & 0x7F) | 0x80));
            if (left < 0x80)
            {
                return [.. bytes];
            }
        }
    }

    public static byte[] Varint(long value) => Uvarint((value << 1) ^ (value >> 63));

    private static byte[] Word(long value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        return bytes;
    }

    private int Part(string name, Action write)
    {
        int start = _file.Count;
        write();
        Parts[name] = start.._file.Count;
        return start;
    }

    private void Align(int alignment) => _file.AddRange(new byte[-_file.Count & (alignment - 1)]);

    private int Section(byte[] content)
    {
        int start = _file.Count;
        _file.AddRange([.. Word(content.Length), .. content, .. Word(SampleBlock.Crc32C(content))]);
        return start;
    }

    private void Symbols(int values, byte[] symbol) => Section(
    [
        .. Word(values + 2),
        .. Values.Take(values).SelectMany(value => (byte[])[1, (byte)value[0]]),
        1, (byte)'a',
        .. Uvarint(symbol.Length), .. symbol,
    ]);

    private void Series(int value, int name, long reference, (long Min, long Max) times)
    {
        Align(16);
        _series.Add(_file.Count);
        byte[] content =
            [1, (byte)name, (byte)value, 1, .. Varint(times.Min), .. Uvarint(times.Max - times.Min), .. Uvarint(reference)];
        _file.AddRange([.. Uvarint(content.Length), .. content, .. Word(SampleBlock.Crc32C(content))]);
    }

    private void LabelIndex(int values)
    {
        if (values == 0)
        {
            return;
        }

        Align(4);
        Section([.. Word(1), .. Word(values), .. Enumerable.Range(0, values).SelectMany(value => Word(value))]);
    }

    private void Postings()
    {
        Align(4);
        foreach (int[] list in (int[][])[[.. _series], .. _series.Select(one => (int[])[one])])
        {
            _lists.Add(Section([.. Word(list.Length), .. list.SelectMany(series => Word(series / 16))]));
        }
    }

    private void PostingsTable() => Section(
    [
        .. Word(_lists.Count),
        2, 0, 0, .. Uvarint(_lists[0]),
        .. _lists.Skip(1).SelectMany((list, i) => (byte[])[2, 1, (byte)'a', 1, (byte)Values[i][0], .. Uvarint(list)]),
    ]);

    private void Toc(params int[] starts)
    {
        byte[] content = [.. starts.SelectMany(start => (byte[])[0, 0, 0, 0, .. Word(start)])];
        _file.AddRange([.. content, .. Word(SampleBlock.Crc32C(content))]);
    }
}

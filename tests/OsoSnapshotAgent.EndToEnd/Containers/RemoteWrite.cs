using System.Buffers.Binary;
using System.Text;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>
/// Makes the body of a remote write request, with which a test gives Prometheus samples of any time. The format is
/// protocol buffers in Snappy's block format (Prometheus Remote-Write specification 1.0; google/snappy,
/// format_description.txt).
/// </summary>
internal static class RemoteWrite
{
    // The body consists of literals of at most 64 KiB each, so nothing is compressed.
    private const int MaxLiteralBytes = 1 << 16;
    private const byte LiteralOfTwoLengthBytes = 61 << 2;

    /// <param name="series">Each metric's name, with its samples in the order of their time.</param>
    public static byte[] Body(IEnumerable<(string Name, IReadOnlyList<(DateTimeOffset Time, double Value)> Samples)> series) =>
        Snappy([.. series.SelectMany(one => Field(1, Series(one.Name, one.Samples)))]);

    private static byte[] Series(string name, IReadOnlyList<(DateTimeOffset Time, double Value)> samples) =>
    [
        .. Field(1, [.. Field(1, Encoding.UTF8.GetBytes("__name__")), .. Field(2, Encoding.UTF8.GetBytes(name))]),
        .. samples.SelectMany(sample => Field(2, Sample(sample.Time, sample.Value))),
    ];

    private static byte[] Sample(DateTimeOffset time, double value)
    {
        byte[] number = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(number, value);
        return [(1 << 3) | 1, .. number, 2 << 3, .. Varint((ulong)time.ToUnixTimeMilliseconds())];
    }

    private static byte[] Field(int number, byte[] content) =>
        [(byte)((number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Snappy(byte[] content) =>
    [
        .. Varint((ulong)content.Length),
        .. content.Chunk(MaxLiteralBytes).SelectMany(part => (byte[])
            [LiteralOfTwoLengthBytes, (byte)(part.Length - 1), (byte)((part.Length - 1) >> 8), .. part]),
    ];

    private static List<byte> Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}

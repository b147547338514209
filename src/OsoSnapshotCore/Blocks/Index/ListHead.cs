using System.Buffers.Binary;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>Recognises the lists after the series by their first three words of 4 bytes.</summary>
internal static class ListHead
{
    public const int Bytes = 12;

    /// <summary>The list of all series: its length, the number of series, and the first series.</summary>
    public static byte[] OfAllSeries(IndexFigures figures)
    {
        uint count = (uint)figures.Series.Count;
        byte[] head = new byte[count == 0 ? 8 : Bytes];
        BinaryPrimitives.WriteUInt32BigEndian(head, 4 + (4 * count));
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), count);
        if (count > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), (uint)(figures.FirstSeries / figures.SeriesStep));
        }

        return head;
    }

    public static bool IsOfAllSeries(ReadOnlySpan<byte> bytes, IndexFigures figures)
    {
        long count = figures.Series.Count;
        return bytes.Length >= 8 && Word(bytes, 4) == count && Word(bytes, 0) == 4 + (4 * count)
            && (count == 0
                || (bytes.Length >= Bytes && Word(bytes, 8) == figures.FirstSeries / figures.SeriesStep));
    }

    /// <summary>A label index: its length, the number of names, which is 1, and the number of values.</summary>
    public static bool IsLabelIndex(ReadOnlySpan<byte> bytes) => bytes.Length >= Bytes && Word(bytes, 4) == 1
        && Word(bytes, 8) > 0 && Word(bytes, 0) == 8 + (4L * Word(bytes, 8));

    /// <summary>
    /// A postings list: its length, the number of series, and the first series. An offset table of very short entries
    /// may have such a length too, but then the third word leads out of the series.
    /// </summary>
    public static bool IsPostings(ReadOnlySpan<byte> bytes, IndexFigures figures) => bytes.Length >= Bytes
        && Word(bytes, 4) > 0 && Word(bytes, 0) == 4 + (4L * Word(bytes, 4))
        && (long)Word(bytes, 8) * figures.SeriesStep is var first
        && first >= figures.FirstSeries && first <= figures.LastSeries;

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);
}

using TsdbGenerator.Format;

namespace BlockJudge.Servers;

/// <summary>
/// Makes the body of a remote read request: protocol buffers (prometheus/prompb/remote.proto) in Snappy's block
/// format, as one literal that is not compressed.
/// </summary>
internal static class RemoteRead
{
    private const byte NotEqual = 1;
    private const byte LiteralOfOneLengthByte = 60 << 2;

    /// <summary>Asks for the series whose label x is not y, hence for all.</summary>
    public static byte[] AllSeries(long minTime, long maxTime)
    {
        byte[] matcher = [1 << 3, NotEqual, .. Field(2, "x"u8), .. Field(3, "y"u8)];
        byte[] query = [1 << 3, .. Uvarint((ulong)minTime), 2 << 3, .. Uvarint((ulong)maxTime), .. Field(3, matcher)];
        byte[] request = Field(1, query);
        return [.. Uvarint((ulong)request.Length), LiteralOfOneLengthByte, (byte)(request.Length - 1), .. request];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) =>
        [(byte)((number << 3) | 2), .. Uvarint((ulong)content.Length), .. content];

    private static byte[] Uvarint(ulong value)
    {
        SectionBuffer buffer = new();
        buffer.PutUvarint(value);
        return buffer.Written.ToArray();
    }
}

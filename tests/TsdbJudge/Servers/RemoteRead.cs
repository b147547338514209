using System.Text;
using TsdbGenerator.Format;

namespace TsdbJudge.Servers;

/// <summary>
/// Makes the body of a remote read request: protocol buffers (prometheus/prompb/remote.proto) in Snappy's block
/// format, as one literal that is not compressed.
/// </summary>
internal static class RemoteRead
{
    public const byte NotEqual = 1;
    public const byte Matches = 2;
    private const byte LiteralOfOneLengthByte = 60 << 2;

    /// <summary>Asks for the samples of the series that one matcher selects.</summary>
    public static byte[] Query(CorpusBlock block, string name, byte operation, string value)
    {
        byte[] matcher = [1 << 3, operation, .. Field(2, Encoding.UTF8.GetBytes(name)), .. Field(3, Encoding.UTF8.GetBytes(value))];
        byte[] query = [1 << 3, .. Uvarint((ulong)block.MinTime), 2 << 3, .. Uvarint((ulong)block.MaxTime), .. Field(3, matcher)];
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

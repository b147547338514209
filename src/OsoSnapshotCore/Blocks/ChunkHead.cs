using System.Buffers.Binary;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// What stands at the start of a chunk's data: the number of samples, and in a float chunk the first time. Source:
/// prometheus/tsdb/docs/format/chunks.md.
/// </summary>
internal static class ChunkHead
{
    /// <summary>The length of the encoding, the number of samples and the longest time.</summary>
    public const int MaxBytes = 1 + CountBytes + Varint.MaxBytes;

    private const int CountBytes = 2;
    private const byte FloatEncoding = 1;
    private const byte FloatHistogramEncoding = 3;

    /// <param name="bytes">The encoding and the first bytes of the data.</param>
    /// <returns>
    /// The number of samples, null if the encoding is unknown; the first time, or <see cref="ChunkTimes.Unknown"/>.
    /// </returns>
    /// <exception cref="InvalidDataException">Prometheus can't read such a chunk.</exception>
    public static (int? Samples, long FirstTime) Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] is < FloatEncoding or > FloatHistogramEncoding)
        {
            return (null, ChunkTimes.Unknown);
        }

        if (bytes.Length < 1 + CountBytes)
        {
            throw new InvalidDataException("a chunk lacks the number of its samples");
        }

        int samples = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (bytes[0] != FloatEncoding || samples == 0)
        {
            return (samples, ChunkTimes.Unknown);
        }

        return Varint.TryRead(bytes[(1 + CountBytes)..], out ulong time) > 0
            ? (samples, Varint.Signed(time))
            : throw new InvalidDataException("a chunk lacks the time of its first sample");
    }
}

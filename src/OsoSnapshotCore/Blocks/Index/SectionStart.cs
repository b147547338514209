using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Finds the start of a section after zeros. A section starts with its length, whose first bytes may be zeros too, so
/// the checksum decides.
/// </summary>
internal static class SectionStart
{
    /// <summary>More bytes are needed.</summary>
    public const int NeedsMore = -1;

    private const int WordBytes = 4;
    private const int MaxProbedBytes = 64 * 1024;

    /// <returns>
    /// The offset of the section. If no checksum decides, it is the first byte; where more zeros are than a length may
    /// have, the last offset for a length of three bytes.
    /// </returns>
    public static int Find(ReadOnlySpan<byte> bytes, bool isLast)
    {
        int filled = bytes.IndexOfAnyExcept((byte)0);
        if (filled < 0 || (bytes.Length < filled + WordBytes && !isLast))
        {
            return isLast ? 0 : NeedsMore;
        }

        int last = Math.Min(filled, bytes.Length - WordBytes);
        for (int start = Math.Max(0, filled - WordBytes + 1); start <= last; start++)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[start..]);
            if (length > MaxProbedBytes)
            {
                continue;
            }

            int end = start + WordBytes + (int)length;
            if (end + WordBytes <= bytes.Length)
            {
                uint stored = BinaryPrimitives.ReadUInt32BigEndian(bytes[end..]);
                if (Crc32C.Of(bytes[(start + WordBytes)..end]) == stored)
                {
                    return start;
                }
            }
            else if (!isLast)
            {
                return NeedsMore;
            }
        }

        return filled < WordBytes ? 0 : filled - 1;
    }
}

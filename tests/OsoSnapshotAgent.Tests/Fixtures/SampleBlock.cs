using System.Buffers.Binary;
using System.Text;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Makes the files of a small block byte by byte, as prometheus/tsdb/docs/format says, with a checksum of its own.
/// </summary>
internal static class SampleBlock
{
    public const string Ulid = "01J5QZ8X0M3N4P5Q6R7S8T9V0W";
    public const string OtherUlid = "01J5QZ8X0M3N4P5Q6R7S8T9V0X";
    public const long MinTime = 1755705600000;
    public const long MaxTime = 1755712800000;

    /// <summary>The ULID as a type.</summary>
    public static BlockId Id { get; } =
        BlockId.TryParse(Ulid, out BlockId id) ? id : throw new InvalidOperationException(Ulid);

    public static byte[] Meta(string ulid = Ulid, long minTime = MinTime, long maxTime = MaxTime, int chunks = 2) => Encoding.UTF8.GetBytes($$"""
        {
        	"ulid": "{{ulid}}",
        	"minTime": {{minTime}},
        	"maxTime": {{maxTime}},
        	"stats": { "numSamples": 240, "numSeries": 2, "numChunks": {{chunks}} },
        	"compaction": { "level": 1, "sources": [ "{{ulid}}" ] },
        	"version": 1
        }
        """);

    public static byte[] Index(int bodyLength = 90)
    {
        byte[] index = new byte[5 + bodyLength + 52];
        BinaryPrimitives.WriteUInt32BigEndian(index, 0xBAAAD700);
        index[4] = 2;
        Fill(index.AsSpan(5, bodyLength + 48));
        BinaryPrimitives.WriteUInt32BigEndian(index.AsSpan(index.Length - 4), Crc32C(index.AsSpan(index.Length - 52, 48)));
        return index;
    }

    /// <summary>Makes a segment of chunks with these data lengths. A length over 127 takes two bytes.</summary>
    public static byte[] Segment(params int[] lengths) => SegmentOf(Array.ConvertAll(lengths, length =>
    {
        byte[] data = new byte[1 + length];
        Fill(data);
        return data[1..];
    }));

    /// <summary>Makes a segment of chunks with these data.</summary>
    public static byte[] SegmentOf(params byte[][] chunks)
    {
        using MemoryStream segment = new();
        segment.Write([0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0]);
        foreach (byte[] data in chunks)
        {
            for (int left = data.Length; ; left >>= 7)
            {
                segment.WriteByte((byte)(left < 0x80 ? left : (left & 0x7F) | 0x80));
                if (left < 0x80)
                {
                    break;
                }
            }

            byte[] encodingAndData = [1, .. data];
            segment.Write(encodingAndData);
            segment.Write(BigEndian(Crc32C(encodingAndData)));
        }

        return segment.ToArray();
    }

    public static byte[] Tombstones(int bodyLength = 20)
    {
        byte[] body = new byte[bodyLength];
        Fill(body);
        return [0x01, 0x30, 0xBA, 0x30, 1, .. body, .. BigEndian(Crc32C(body))];
    }

    /// <summary>Writes a sound block. The head's block of Prometheus 3.5 has no tombstones.</summary>
    public static void Write(string snapshotDirectory, string ulid = Ulid, long minTime = MinTime, long maxTime = MaxTime, bool hasTombstones = true)
    {
        string block = Path.Join(snapshotDirectory, ulid);
        Directory.CreateDirectory(Path.Join(block, "chunks"));
        File.WriteAllBytes(Path.Join(block, "chunks", "000001"), Segment(40, 3000));
        File.WriteAllBytes(Path.Join(block, "index"), Index());
        File.WriteAllBytes(Path.Join(block, "meta.json"), Meta(ulid, minTime, maxTime));
        if (hasTombstones)
        {
            File.WriteAllBytes(Path.Join(block, "tombstones"), Tombstones());
        }
    }

    /// <summary>Computes the checksum bit by bit, so that it shares nothing with the code under test.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
            }
        }

        return crc ^ 0xFFFFFFFF;
    }

    private static byte[] BigEndian(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static void Fill(Span<byte> bytes) => new Random(bytes.Length).NextBytes(bytes);
}

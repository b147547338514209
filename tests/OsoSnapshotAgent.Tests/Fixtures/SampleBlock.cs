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

    /// <summary>Makes the index of two series, which have the two chunks of <c>Segment(40, …)</c>.</summary>
    public static byte[] Index(int minBytes = 0) => SampleIndex.Of([8, 54], minBytes: minBytes).Bytes;

    /// <summary>
    /// Makes a segment of chunks with these data lengths. A length over 127 takes two bytes. A chunk of less than eight
    /// bytes has no room for a float's time, so its encoding is one that nobody knows.
    /// </summary>
    public static byte[] Segment(params int[] lengths) => SegmentOf(Array.ConvertAll(lengths, length => Chunk(length, MinTime)));

    /// <summary>Makes a chunk of this length with 120 samples.</summary>
    public static byte[] Chunk(int length, long firstTime)
    {
        byte[] data = new byte[1 + length];
        Fill(data);
        byte[] start = length < 8 ? [0xEE] : [1, 0, 120, .. SampleIndex.Varint(firstTime)];
        start.CopyTo(data, 0);
        return data;
    }

    /// <summary>Makes a segment of chunks, each with its encoding and its data.</summary>
    public static byte[] SegmentOf(params byte[][] chunks)
    {
        using MemoryStream segment = new();
        segment.Write([0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0]);
        foreach (byte[] encodingAndData in chunks)
        {
            segment.Write(SampleIndex.Uvarint(encodingAndData.Length - 1));
            segment.Write(encodingAndData);
            segment.Write(BigEndian(Crc32C(encodingAndData)));
        }

        return segment.ToArray();
    }

    public static byte[] Tombstones()
    {
        byte[] deletion = [.. SampleIndex.Uvarint(2), .. SampleIndex.Varint(MinTime), .. SampleIndex.Varint(MaxTime)];
        byte[] body = [.. deletion, .. deletion];
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

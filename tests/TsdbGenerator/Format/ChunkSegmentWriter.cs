using System.Globalization;
using TsdbGenerator.Model;

namespace TsdbGenerator.Format;

/// <summary>The index entry of a chunk: its first and last timestamp and its place.</summary>
internal readonly record struct ChunkEntry(long MinTime, long MaxTime, ulong Reference);

/// <summary>Writes the files chunks/000001, 000002, … of a block. Source: Prometheus, tsdb/docs/format/chunks.md.</summary>
internal sealed class ChunkSegmentWriter(string directory, long segmentBytes) : IDisposable
{
    private const int StreamBufferBytes = 1 << 20;
    private readonly SectionBuffer _buffer = new();
    private readonly XorChunkEncoder _encoder = new();
    private FileStream? _segment;
    private uint _segmentNumber;
    private long _position;

    public ChunkEntry Write(ReadOnlySpan<Sample> samples)
    {
        ReadOnlySpan<byte> data = _encoder.Encode(samples);
        _buffer.Clear();
        _buffer.PutUvarint((ulong)data.Length);
        int checksumStart = _buffer.Length;
        _buffer.PutByte(XorChunkEncoder.Encoding);
        _buffer.PutBytes(data);
        _buffer.PutUInt32(Crc32C.Compute(_buffer.Written[checksumStart..]));

        if (_segment is null || _position + _buffer.Length > segmentBytes)
        {
            StartSegment();
        }

        // The index counts segments from 0, the file names from 1.
        ulong reference = ((ulong)(_segmentNumber - 1) << 32) | (ulong)_position;
        _segment!.Write(_buffer.Written);
        _position += _buffer.Length;
        return new ChunkEntry(samples[0].Time, samples[^1].Time, reference);
    }

    public void Dispose() => _segment?.Dispose();

    private void StartSegment()
    {
        _segment?.Dispose();
        _segmentNumber++;
        string name = _segmentNumber.ToString("D6", CultureInfo.InvariantCulture);
        _segment = new FileStream(Path.Combine(directory, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, StreamBufferBytes);
        _segment.Write([0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0]); // magic, version, padding
        _position = 8;
    }
}

using System.Globalization;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks the header and every chunk's checksum in a segment <c>chunks/NNNNNN</c>. A chunk has the length of its data
/// (uvarint), the encoding (1 byte), the data, and the CRC-32C of encoding and data. Source:
/// prometheus/tsdb/docs/format/chunks.md.
/// </summary>
internal sealed class ChunkSegmentCheck() : FramedFileCheck(
    "segment",
    magic: 0x85BD40DD,
    versions: [1],
    headerLength: 8,
    tailLength: 0)
{
    // A varint32 has at most five bytes.
    private const int MaxLengthBits = 35;

    private readonly byte[] _storedCrc = new byte[4];
    private Crc32C _crc;
    private long _dataLeft;
    private int _crcBytes;
    private int _lengthBits;
    private State _state;

    private enum State
    {
        Length,
        Data,
        Checksum,
    }

    /// <returns>null if the file is no segment, such as <c>.nfs…</c>, which Prometheus ignores.</returns>
    public static ulong? NumberOf(string pathInBlock)
    {
        // The names of segments are unsigned numbers: prometheus/tsdb/chunks/chunks.go, sequenceFiles.
        const string Segments = "chunks/";
        if (!pathInBlock.StartsWith(Segments, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> name = pathInBlock.AsSpan(Segments.Length);
        return ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
    }

    public override void Finish()
    {
        base.Finish();
        if (_state != State.Length || _lengthBits > 0)
        {
            throw new InvalidDataException("the segment ends within a chunk");
        }
    }

    protected override void Body(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = _state switch
            {
                State.Length => TakeLength(bytes[0], Length - bytes.Length),
                State.Data => TakeData(bytes),
                _ => TakeChecksum(bytes[0]),
            };
            bytes = bytes[taken..];
        }
    }

    private int TakeLength(byte value, long position)
    {
        _dataLeft |= (long)(value & 0x7F) << _lengthBits;
        _lengthBits += 7;
        if (value < 0x80)
        {
            // The checksum includes the byte of the encoding.
            _dataLeft++;
            _crc = Crc32C.Start();
            _lengthBits = 0;
            _state = State.Data;
        }
        else if (_lengthBits >= MaxLengthBits)
        {
            throw new InvalidDataException($"the segment has a chunk of impossible length near byte {position}");
        }

        return 1;
    }

    private int TakeData(ReadOnlySpan<byte> bytes)
    {
        int count = (int)Math.Min(bytes.Length, _dataLeft);
        _crc.Append(bytes[..count]);
        _dataLeft -= count;
        _state = _dataLeft == 0 ? State.Checksum : State.Data;
        return count;
    }

    private int TakeChecksum(byte value)
    {
        _storedCrc[_crcBytes++] = value;
        if (_crcBytes == _storedCrc.Length)
        {
            Compare(_crc.Value, _storedCrc, "a chunk");
            _crcBytes = 0;
            _state = State.Length;
        }

        return 1;
    }
}

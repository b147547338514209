using System.Globalization;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks the header and every chunk of a segment <c>chunks/NNNNNN</c>. A chunk has the length of its data (uvarint),
/// the encoding (1 byte), the data, and the CRC-32C of encoding and data. Source:
/// prometheus/tsdb/docs/format/chunks.md.
/// </summary>
internal sealed class ChunkSegmentCheck(ChunkLedger ledger, SegmentTally tally) : FramedFileCheck(
    "segment",
    magic: 0x85BD40DD,
    versions: [1],
    HeaderLength,
    tailLength: 0)
{
    /// <summary>The directory of the segments in the block's, with its slash.</summary>
    public const string Directory = "chunks/";

    private const int MaxNameLength = 255;
    private const int HeaderLength = 8;

    // A varint32 has at most five bytes.
    private const int MaxLengthBits = 35;
    private const int CrcBytes = 4;

    // These hold the chunk that crosses the end of a piece.
    private readonly byte[] _head = new byte[ChunkHead.MaxBytes];
    private readonly byte[] _storedCrc = new byte[CrcBytes];
    private Crc32C _crc;
    private long _dataLeft;
    private int _headFilled;
    private int _crcBytes;
    private int _lengthBits;
    private State _state;
    private long _position = HeaderLength;
    private long _start;

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
        if (!pathInBlock.StartsWith(Directory, StringComparison.Ordinal))
        {
            return null;
        }

        // No file system has longer names, and the name is kept.
        ReadOnlySpan<char> name = pathInBlock.AsSpan(Directory.Length);
        return name.Length <= MaxNameLength
            && ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : null;
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
                State.Length when _lengthBits == 0 && TakeWhole(bytes) is > 0 and int whole => whole,
                State.Length => TakeLength(bytes[0]),
                State.Data => TakeData(bytes),
                _ => TakeChecksum(bytes[0]),
            };
            _position += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Takes the chunks that are in the bytes as a whole, which nearly all are.</summary>
    private int TakeWhole(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int prefix = Varint.TryRead(rest, out ulong length);
            if (prefix is < 1 or > MaxLengthBits / 7 || length > (ulong)rest.Length
                || prefix + 1 + (int)length + CrcBytes > rest.Length)
            {
                return at;
            }

            ReadOnlySpan<byte> data = rest.Slice(prefix, 1 + (int)length);
            Compare(Crc32C.Of(data), rest.Slice(prefix + data.Length, CrcBytes), "a chunk");
            Add(_position + at, data);
            at += prefix + data.Length + CrcBytes;
        }
    }

    private int TakeLength(byte value)
    {
        _start = _lengthBits == 0 ? _position : _start;
        _dataLeft |= (long)(value & 0x7F) << _lengthBits;
        _lengthBits += 7;
        if (value < 0x80)
        {
            // The checksum includes the byte of the encoding.
            _dataLeft++;
            _crc = Crc32C.Start();
            _lengthBits = 0;
            _headFilled = 0;
            _state = State.Data;
        }
        else if (_lengthBits >= MaxLengthBits)
        {
            throw new InvalidDataException($"the segment has a chunk of impossible length near byte {_position}");
        }

        return 1;
    }

    private int TakeData(ReadOnlySpan<byte> bytes)
    {
        int count = (int)Math.Min(bytes.Length, _dataLeft);
        int kept = Math.Min(count, _head.Length - _headFilled);
        bytes[..kept].CopyTo(_head.AsSpan(_headFilled));
        _headFilled += kept;
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
            Add(_start, _head.AsSpan(0, _headFilled));
            _crcBytes = 0;
            _state = State.Length;
        }

        return 1;
    }

    private void Add(long position, ReadOnlySpan<byte> encodingAndData)
    {
        (int? samples, long firstTime) = ChunkHead.Read(encodingAndData);
        ledger.Add(tally, position, samples, firstTime);
    }
}

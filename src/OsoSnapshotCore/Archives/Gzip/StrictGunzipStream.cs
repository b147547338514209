using System.Buffers.Binary;
using System.IO.Compression;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>
/// Makes .NET's gzip reader as strict as ISA-L's. That reader accepts a file that breaks off, and data after the end.
/// So this class requires that the file ends with the trailer of the data read (RFC 1952, section 2.3).
/// </summary>
internal sealed class StrictGunzipStream : ReadStream
{
    private readonly ReadTap _packed;
    private readonly GZipStream _gzip;
    private readonly Crc32 _crc = new();
    private uint _length;

    public StrictGunzipStream(Stream packed)
    {
        _packed = new(packed);
        _gzip = new(_packed, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <exception cref="InvalidDataException">The data is damaged or cut short, or more data follows.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = _gzip.Read(buffer);
        _crc.Append(buffer[..count]);
        _length += (uint)count;
        if (count == 0 && !buffer.IsEmpty)
        {
            _packed.CopyTo(Null);
            CheckTrailer(_packed.Last);
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        _gzip.Dispose();
        _packed.Dispose();
        base.Dispose(disposing);
    }

    private void CheckTrailer(ReadOnlySpan<byte> trailer)
    {
        if (_packed.IsEmpty || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _crc.Value
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _length)
        {
            throw new InvalidDataException("the gzip data breaks off, or more data follows its end");
        }
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using ICSharpCode.SharpZipLib.Checksum;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// .NET's own gzip reader, made as strict as ISA-L's: left alone, it takes a file that breaks off or that something follows for
/// whole. So the file's very last bytes must be the trailer (RFC 1952, section 2.3) of all that came out.
/// </summary>
internal sealed class StrictGunzipStream : ReadStream
{
    private readonly ReadTap _packed;
    private readonly GZipStream _gzip;
    private readonly Crc32 _crc = new();

    // The checksum wants an array.
    private readonly byte[] _bytes = new byte[64 * 1024];
    private uint _length;

    public StrictGunzipStream(Stream packed)
    {
        _packed = new(packed);
        _gzip = new(_packed, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <exception cref="InvalidDataException">Damaged, cut short, or something follows.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = _gzip.Read(_bytes.AsSpan(0, Math.Min(buffer.Length, _bytes.Length)));
        _bytes.AsSpan(0, count).CopyTo(buffer);
        _crc.Update(new ArraySegment<byte>(_bytes, 0, count));
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
        if (_packed.IsEmpty || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)_crc.Value || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _length)
        {
            throw new InvalidDataException("the gzip data breaks off, or something follows its end");
        }
    }
}

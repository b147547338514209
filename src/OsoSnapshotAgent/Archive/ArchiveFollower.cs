using Microsoft.Win32.SafeHandles;
using OsoSnapshot.Formats.Streams;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Reads the archive's file while it is still written, through the descriptor that writes it, and sees what it has read
/// off to the disk and out of the page cache, where Prometheus' own pages are worth more.
/// </summary>
internal sealed class ArchiveFollower(SafeFileHandle file, WrittenBytes written) : ReadStream
{
    private const int WindowBytes = 8 * 1024 * 1024;

    private Crc32C _crc = OsoSnapshot.Formats.Streams.Crc32C.Start();
    private long _position;
    private long _dropped;

    /// <summary>Of all bytes read so far.</summary>
    public uint Crc32C => _crc.Value;

    public override int Read(Span<byte> buffer)
    {
        long available = written.WaitAfter(_position);
        if (available == 0)
        {
            return 0;
        }

        int count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, available)], _position);
        if (count == 0)
        {
            throw new IOException("the archive has become shorter while it was written");
        }

        Span<byte> bytes = buffer[..count];
        _crc.Append(bytes);
        _position += bytes.Length;
        if (_position - _dropped >= WindowBytes)
        {
            PageCache.WriteOutAndDrop(file, _dropped, _position - _dropped);
            _dropped = _position;
        }

        return bytes.Length;
    }
}

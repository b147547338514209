using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Linux;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Reads the archive while it is written, through the same descriptor, and has the kernel write to the disk what it has
/// read. It drops the archive from the page cache, so that no page of Prometheus has to go for it.
/// </summary>
internal sealed class ArchiveFollower(SafeFileHandle file, WrittenBytes written) : ReadStream
{
    private const int WindowBytes = 8 * 1024 * 1024;

    private Crc32C _crc = OsoSnapshotCore.Streams.Crc32C.Start();
    private long _position;
    private long _writtenOut;
    private long _started;

    /// <summary>The checksum of all bytes read so far.</summary>
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
            throw new IOException("the archive became shorter while it was written");
        }

        Span<byte> bytes = buffer[..count];
        _crc.Append(bytes);
        _position += bytes.Length;
        if (_position - _started >= WindowBytes)
        {
            WriteOut();
        }

        return bytes.Length;
    }

    // The disk writes one window while the next one is read, so the reader seldom waits for the disk.
    private void WriteOut()
    {
        // A length of 0 would mean the rest of the file to both calls.
        if (_started > _writtenOut)
        {
            PageCache.FinishWriteOut(file, _writtenOut, _started - _writtenOut);
            PageCache.Drop(file, _writtenOut, _started - _writtenOut);
        }

        PageCache.StartWriteOut(file, _started, _position - _started);
        (_writtenOut, _started) = (_started, _position);
    }
}

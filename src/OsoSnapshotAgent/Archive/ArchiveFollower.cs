using Microsoft.Win32.SafeHandles;
using OsoSnapshot.Formats.Streams;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Reads the archive's file while it is still written, through the descriptor that writes it, and writes out what it
/// has read. What fits into free memory stays in the page cache for the operator's copy; the rest is dropped.
/// </summary>
/// <param name="memory">null: everything is dropped.</param>
internal sealed class ArchiveFollower(SafeFileHandle file, WrittenBytes written, FreeMemory? memory) : ReadStream
{
    private const int WindowBytes = 8 * 1024 * 1024;

    private Crc32C _crc = OsoSnapshot.Formats.Streams.Crc32C.Start();
    private long _position;
    private long _writtenOut;
    private long _started;

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
        if (_position - _started >= WindowBytes)
        {
            WriteOut();
        }

        return bytes.Length;
    }

    // The disk writes a window while the next one is read, so that the reader seldom waits for it.
    private void WriteOut()
    {
        // Both calls take a length of 0 for the rest of the file.
        if (_started > _writtenOut)
        {
            FinishWriteOut(_writtenOut, _started - _writtenOut);
        }

        PageCache.StartWriteOut(file, _started, _position - _started);
        (_writtenOut, _started) = (_started, _position);
    }

    private void FinishWriteOut(long offset, long length)
    {
        PageCache.FinishWriteOut(file, offset, length);

        // These pages are counted as used by now, so it is the next ones for which there must be room.
        if (memory?.Holds(WindowBytes) != true)
        {
            PageCache.Drop(file, offset, length);
        }
    }
}

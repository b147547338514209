using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Take;

/// <summary>Reads a file while it is written, up to its first gap.</summary>
internal sealed class GrowingFile(SafeFileHandle file, WrittenBytes written) : ReadStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        long available = written.WaitAfter(_position);
        int count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, available)], _position);
        _position += count;
        return count;
    }
}

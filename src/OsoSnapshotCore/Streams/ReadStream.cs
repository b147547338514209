namespace OsoSnapshotCore.Streams;

/// <summary>Implements the members that a forward-only stream for reading needs.</summary>
internal abstract class ReadStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override int Read(Span<byte> buffer);

    /// <summary>Reads what is left.</summary>
    public void ReadToEnd(CancellationToken token)
    {
        byte[] rest = new byte[64 * 1024];
        while (Read(rest) > 0)
        {
            token.ThrowIfCancellationRequested();
        }
    }

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override void Flush()
    {
    }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

namespace OsoSnapshotCore.Streams;

/// <summary>Passes a window of the written bytes to another stream, and drops the others.</summary>
/// <param name="output">Gets the window's bytes.</param>
/// <param name="offset">The position of the window's first byte.</param>
/// <param name="length">The window's size in bytes.</param>
/// <param name="ended">Called when the whole window has been passed on.</param>
internal sealed class WindowStream(Stream output, long offset, long length, Action ended) : WriteStream
{
    private long _position;

    /// <summary>The number of bytes passed on so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>True if the whole window has been passed on.</summary>
    public bool HasEnded => BytesWritten == length;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        long skipped = Math.Clamp(offset - _position, 0, buffer.Length);
        ReadOnlySpan<byte> window = buffer[(int)skipped..];
        window = window[..(int)Math.Min(window.Length, length - BytesWritten)];
        _position += buffer.Length;
        if (!window.IsEmpty)
        {
            output.Write(window);
            BytesWritten += window.Length;
        }

        if (HasEnded)
        {
            ended();
        }
    }
}

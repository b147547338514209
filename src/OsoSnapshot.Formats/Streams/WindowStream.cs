namespace OsoSnapshot.Formats.Streams;

/// <summary>Hands on the bytes of a window of all that is written to it, and counts all of them.</summary>
/// <param name="output">Gets the window's bytes.</param>
/// <param name="offset">Of the window's first byte.</param>
/// <param name="length">Of the window.</param>
/// <param name="ended">Called once the whole window is handed on; further bytes are dropped.</param>
internal sealed class WindowStream(Stream output, long offset, long length, Action ended) : WriteStream
{
    private long _position;

    /// <summary>Handed on so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>True once the whole window is handed on.</summary>
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

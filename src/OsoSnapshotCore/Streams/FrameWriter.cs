using System.Buffers.Binary;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// Writes bytes of unknown number into a stream that carries more after them. Each frame has its length before it, as
/// four bytes. A frame of length 0 ends complete bytes.
/// </summary>
/// <param name="output">Stays open.</param>
internal sealed class FrameWriter(Stream output) : WriteStream
{
    /// <summary>The limit of a frame.</summary>
    public const int MaxFrameBytes = 16 << 20;

    public const int HeaderBytes = sizeof(int);

    /// <summary>In place of a length: the bytes so far are not all, and no more will come.</summary>
    public const int GivenUp = -1;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlySpan<byte> frame = buffer[..Math.Min(buffer.Length, MaxFrameBytes)];
            WriteHeader(frame.Length);
            output.Write(frame);
            buffer = buffer[frame.Length..];
        }
    }

    /// <summary>Ends complete bytes.</summary>
    public void End() => WriteHeader(0);

    /// <summary>Tells the reader that the bytes are not complete.</summary>
    public void GiveUp() => WriteHeader(GivenUp);

    private void WriteHeader(int length)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        output.Write(header);
    }
}

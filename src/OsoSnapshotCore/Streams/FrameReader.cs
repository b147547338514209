using System.Buffers.Binary;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// Reads what <see cref="FrameWriter"/> wrote, from a stream that carries more after it. The end is the end of the
/// frames.
/// </summary>
/// <param name="source">Stays open.</param>
internal sealed class FrameReader(Stream source) : ReadStream
{
    private int _left;
    private bool _hasEnded;

    /// <exception cref="EndOfStreamException">The source ended within the frames, or their writer gave up.</exception>
    /// <exception cref="InvalidDataException">The source holds no frame.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_left == 0 && !_hasEnded && !buffer.IsEmpty)
        {
            Begin();
        }

        int count = _hasEnded ? 0 : source.Read(buffer[..Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count > 0 || _hasEnded || buffer.IsEmpty ? count : throw new EndOfStreamException();
    }

    private void Begin()
    {
        Span<byte> header = stackalloc byte[FrameWriter.HeaderBytes];
        source.ReadExactly(header);
        _left = BinaryPrimitives.ReadInt32LittleEndian(header);
        _hasEnded = _left == 0;
        if (_left == FrameWriter.GivenUp)
        {
            throw new EndOfStreamException("the other end gave up");
        }

        if (_left is < 0 or > FrameWriter.MaxFrameBytes)
        {
            throw new InvalidDataException("what came is no frame");
        }
    }
}

using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Streams;

/// <summary>Tests bytes of unknown number within a stream that goes on.</summary>
public sealed class FrameReaderTests : IDisposable
{
    private readonly MemoryStream _carrier = new();

    public void Dispose() => _carrier.Dispose();

    [Fact]
    public void What_was_written_is_read_and_what_follows_is_left()
    {
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(number => (byte)number)];
        FrameWriter writer = new(_carrier);
        writer.Write(bytes.AsSpan(0, 3));
        writer.Write(bytes.AsSpan(3));
        writer.End();
        _carrier.WriteByte(42);
        _carrier.Position = 0;

        using MemoryStream read = new();
        new FrameReader(_carrier).CopyTo(read, 7_777);

        Assert.Equal(bytes, read.ToArray());
        Assert.Equal(42, _carrier.ReadByte());
    }

    [Fact]
    public void Frames_that_their_writer_gave_up_never_end_as_complete_ones()
    {
        FrameWriter writer = new(_carrier);
        writer.Write("x"u8);
        writer.GiveUp();
        _carrier.Position = 0;
        FrameReader reader = new(_carrier);

        Assert.Equal(1, reader.Read(new byte[10]));
        Assert.Throws<EndOfStreamException>(() => reader.Read(new byte[10]));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_carrier_that_ends_within_frames_is_no_end(int length)
    {
        FrameWriter writer = new(_carrier);
        writer.Write("xy"u8);
        writer.End();
        _carrier.SetLength(length);
        _carrier.Position = 0;

        Assert.Throws<EndOfStreamException>(() => new FrameReader(_carrier).CopyTo(Stream.Null));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MaxValue)]
    public void A_length_that_no_frame_has_is_refused(int length)
    {
        _carrier.Write(BitConverter.GetBytes(length));
        _carrier.Position = 0;

        Assert.Throws<InvalidDataException>(() => new FrameReader(_carrier).Read(new byte[10]));
    }
}

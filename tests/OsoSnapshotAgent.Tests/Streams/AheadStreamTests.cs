using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Streams;

public sealed class AheadStreamTests
{
    private const int ManyBytes = 20 << 20;

    [Fact]
    public void All_bytes_come_in_their_order()
    {
        byte[] bytes = new byte[ManyBytes];
        new Random(1).NextBytes(bytes);
        using MemoryStream source = new(bytes);
        using MemoryStream read = new();

        using (AheadStream ahead = new(source))
        {
            ahead.CopyTo(read);
        }

        Assert.True(bytes.AsSpan().SequenceEqual(read.ToArray()));
    }

    [Fact]
    public void A_failure_of_the_source_comes_after_the_bytes_before_it()
    {
        using FailingStream source = new(ManyBytes);
        using AheadStream ahead = new(source);
        long count = 0;

        InvalidDataException told = Assert.Throws<InvalidDataException>(() =>
        {
            byte[] buffer = new byte[100_000];
            int read;
            while ((read = ahead.Read(buffer)) > 0)
            {
                count += read;
            }
        });

        Assert.Equal(("damaged", (long)ManyBytes), (told.Message, count));
    }

    [Fact]
    public void A_reader_that_has_enough_stops_the_source()
    {
        using FailingStream source = new(long.MaxValue);
        using (AheadStream ahead = new(source))
        {
            ahead.ReadExactly(new byte[10]);
        }

        long passed = source.Passed;
        Assert.InRange(passed, 10, ManyBytes);
    }

    private sealed class FailingStream(long failsAfter) : ReadStream
    {
        public long Passed { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, failsAfter - Passed);
            Passed += count;
            return count > 0 ? count : throw new InvalidDataException("damaged");
        }
    }
}

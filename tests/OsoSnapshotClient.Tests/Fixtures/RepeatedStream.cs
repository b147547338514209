using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Some bytes, then others again and again up to 200 MiB, then the last ones.</summary>
internal sealed class RepeatedStream(byte[] first, byte[] repeated, byte[] last) : ReadStream
{
    private const long Length200 = 200L << 20;

    /// <summary>How many bytes were read.</summary>
    public long Passed { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Length200 - Passed);
        for (int i = 0; i < count; i++, Passed++)
        {
            long left = Length200 - Passed;
            buffer[i] = Passed < first.Length ? first[Passed]
                : left <= last.Length ? last[^(int)left]
                : repeated[(Passed - first.Length) % repeated.Length];
        }

        return count;
    }
}

using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Some bytes, then 200 MiB of others again and again.</summary>
internal sealed class RepeatedStream(byte[] first, byte[] repeated) : ReadStream
{
    private const long Length200 = 200L << 20;
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Length200 - _position);
        for (int i = 0; i < count; i++, _position++)
        {
            buffer[i] = _position < first.Length ? first[_position] : repeated[(_position - first.Length) % repeated.Length];
        }

        return count;
    }
}

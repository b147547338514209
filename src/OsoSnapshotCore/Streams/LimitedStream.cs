namespace OsoSnapshotCore.Streams;

/// <summary>
/// Reads the first bytes of an answer, and then ends. An endless answer or line can't fill the memory.
/// </summary>
internal sealed class LimitedStream(Stream source, int maxBytes) : ReadStream
{
    private int _left = maxBytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await source.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= count;
        return count;
    }

    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer[..Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }
}

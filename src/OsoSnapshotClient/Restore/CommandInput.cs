using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Restore;

/// <summary>The standard input of a command in a container, for a thread that may wait.</summary>
/// <param name="sent">Called after bytes were sent, with their number.</param>
internal sealed class CommandInput(Stream input, Action<long> sent, CancellationToken token) : WriteStream
{
    private readonly byte[] _buffer = new byte[256 << 10];
    private int _count;

    /// <exception cref="DeliveryBrokenException">The connection has ended.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _buffer.Length - _count);
            buffer[..count].CopyTo(_buffer.AsSpan(_count));
            _count += count;
            buffer = buffer[count..];
            if (_count == _buffer.Length)
            {
                Send();
            }
        }
    }

    /// <summary>Sends what is kept back.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public void Send()
    {
        try
        {
            input.WriteAsync(_buffer.AsMemory(0, _count), token).AsTask().GetAwaiter().GetResult();
            input.FlushAsync(token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw new DeliveryBrokenException(e.Message, e);
        }

        sent(_count);
        _count = 0;
    }
}

/// <summary>The connection to the agent broke: the delivery may continue over another one.</summary>
internal sealed class DeliveryBrokenException(string message, Exception? inner = null) : IOException(message, inner);

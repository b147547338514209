using System.Buffers;
using System.Net.WebSockets;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Cluster;

/// <summary>The standard input of a command over a WebSocket.</summary>
/// <param name="canEnd">Whether the protocol can say that the input has ended.</param>
internal sealed class WebSocketInput(WebSocket socket, bool canEnd) : WriteStream
{
    private const byte InputChannel = 0;
    private const byte EndOfChannel = 255;
    private const int MaxMessageBytes = 64 << 10;

    private readonly SemaphoreSlim _sending = new(1, 1);
    private bool _hasEnded;

    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="IOException">The connection has ended.</exception>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // One message is one frame: old kubelets join no fragments.
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> part = buffer[..Math.Min(buffer.Length, MaxMessageBytes)];
            await SendAsync(InputChannel, part, cancellationToken);
            buffer = buffer[part.Length..];
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (canEnd && !_hasEnded)
        {
            _hasEnded = true;
            try
            {
                await SendAsync(EndOfChannel, new byte[] { InputChannel }, CancellationToken.None);
            }
            catch (IOException)
            {
                // The command has ended.
            }
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        _sending.Dispose();
        base.Dispose(disposing);
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> content, CancellationToken token)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(content.Length + 1);
        await _sending.WaitAsync(token);
        try
        {
            message[0] = channel;
            content.CopyTo(message.AsMemory(1));
            await socket.SendAsync(
                message.AsMemory(0, content.Length + 1),
                WebSocketMessageType.Binary,
                endOfMessage: true,
                token);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException
            || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            throw new IOException("the connection to the command has ended", e);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }
}

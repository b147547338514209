using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>The channels of a remote command in one WebSocket (v4.channel.k8s.io and v5.channel.k8s.io).</summary>
internal sealed class ChannelSocket(WebSocket socket) : IDisposable
{
    public const int Output = 1;
    public const int Error = 2;

    private const int Input = 0;
    private const int Status = 3;
    private const int Size = 4;
    private const int Close = 255;
    private const int BufferBytes = 64 << 10;

    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _sending = new(1);
    private Task _receiving = Task.CompletedTask;

    /// <summary>Reads what the client sends until it goes.</summary>
    /// <param name="input">Gets the standard input; an empty piece is its end, which only v5 can tell.</param>
    /// <param name="resize">Gets the rows and columns of the client's terminal.</param>
    /// <param name="gone">Is called once nothing more comes.</param>
    public void Receive(Func<ReadOnlyMemory<byte>, Task> input, Action<int, int> resize, Action gone) =>
        _receiving = Task.Run(() => ReceiveAsync(input, resize, gone));

    /// <summary>Sends all that a stream holds.</summary>
    /// <param name="began">Is called once the first bytes have come.</param>
    public async Task SendAsync(int channel, Stream source, CancellationToken token, Action? began = null)
    {
        byte[] frame = new byte[BufferBytes + 1];
        int count;
        while ((count = await source.ReadAsync(frame.AsMemory(1), token)) > 0)
        {
            began?.Invoke();
            began = null;
            await SendAsync(channel, frame, count, token);
        }
    }

    /// <param name="frame">Has room for the channel's number before the data.</param>
    public async Task SendAsync(int channel, byte[] frame, int count, CancellationToken token)
    {
        frame[0] = (byte)channel;
        await _sending.WaitAsync(token);
        try
        {
            await socket.SendAsync(frame.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends the end of the command, and closes.</summary>
    public async Task EndAsync(JsonObject status, CancellationToken token)
    {
        byte[] text = Encoding.UTF8.GetBytes(status.ToJsonString());
        await SendAsync(Status, [0, .. text], text.Length, token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, token);
        await Task.WhenAny(_receiving, Task.Delay(CloseTime, token));
    }

    public void Dispose() => _sending.Dispose();

    private async Task ReceiveAsync(Func<ReadOnlyMemory<byte>, Task> input, Action<int, int> resize, Action gone)
    {
        ArrayBufferWriter<byte> message = new(BufferBytes);
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(message.GetMemory(BufferBytes), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                message.Advance(part.Count);
                if (part.EndOfMessage && message.WrittenCount > 0)
                {
                    await PassAsync(message.WrittenMemory, input, resize);
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone without a word.
        }

        gone();
    }

    private static async Task PassAsync(ReadOnlyMemory<byte> message, Func<ReadOnlyMemory<byte>, Task> input, Action<int, int> resize)
    {
        switch (message.Span[0])
        {
            // kubectl begins each channel with an empty message.
            case Input when message.Length > 1:
                await input(message[1..]);
                break;
            case Close when message.Length > 1 && message.Span[1] == Input:
                await input(ReadOnlyMemory<byte>.Empty);
                break;
            case Size when JsonNode.Parse(message[1..].Span) is { } size:
                resize((int)size["Height"]!, (int)size["Width"]!);
                break;
            default:
                break;
        }
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// A command over one WebSocket. The first byte of each message names its channel: 0 input, 1 output, 2 error, 3 the
/// Status object at the end, 255 in v5 the end of a channel (kubernetes, apimachinery/pkg/util/remotecommand).
/// </summary>
internal sealed class WebSocketProcess : IRemoteProcess
{
    private const string Version5 = "v5.channel.k8s.io";
    private const string Version4 = "v4.channel.k8s.io";
    private const int OutputChannel = 1;
    private const int ErrorChannel = 2;
    private const int StatusChannel = 3;
    private const int ReceiveBytes = 64 << 10;
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(60);

    private static readonly PipeOptions Bounds = new(
        pauseWriterThreshold: 1 << 20,
        resumeWriterThreshold: 1 << 19,
        minimumSegmentSize: 256 << 10,
        useSynchronizationContext: false);

    private readonly ClientWebSocket _socket;
    private readonly Pipe _output = new(Bounds);
    private readonly Pipe _error = new(Bounds);
    private readonly ArrayBufferWriter<byte> _status = new();

    private WebSocketProcess(ClientWebSocket socket)
    {
        _socket = socket;
        Output = _output.Reader.AsStream();
        Error = _error.Reader.AsStream();
        Input = new WebSocketInput(socket, canEnd: socket.SubProtocol == Version5);
        Ended = Task.Run(RunAsync);
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    public Task<RemoteEnd> Ended { get; }

    /// <exception cref="ClusterException">The API server refuses it, or can't be reached so.</exception>
    public static async Task<WebSocketProcess> ConnectAsync(
        ClusterConnection connection, ExecTarget target, IReadOnlyList<string> command, CancellationToken token)
    {
        ClientWebSocket socket = new();
        try
        {
            socket.Options.AddSubProtocol(Version5);
            socket.Options.AddSubProtocol(Version4);
            socket.Options.KeepAliveInterval = PingInterval;
            socket.Options.KeepAliveTimeout = MaxSilence;
            socket.Options.SetRequestHeader("Authorization", (await connection.AuthorizationAsync(token))?.ToString());
            Uri address = AddressOf(connection.Address, target, command);
            await socket.ConnectAsync(address, connection.Upgrades, token);
            return socket.SubProtocol is Version5 or Version4
                ? new(socket)
                : throw new ClusterException(0, "Unreadable", "the API server knows none of our exec protocols");
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is WebSocketException or HttpRequestException)
            {
                throw AnswerHandler.Explain(e);
            }

            throw;
        }
    }

    public void Kill() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        Kill();

        // The pump may wait for room in a pipe that nobody reads any more.
        await Output.DisposeAsync();
        await Error.DisposeAsync();
        await Ended;
        _socket.Dispose();
    }

    private static Uri AddressOf(Uri api, ExecTarget target, IReadOnlyList<string> command)
    {
        StringBuilder query = new("?stdin=true&stdout=true&stderr=true");
        foreach (string word in command)
        {
            query.Append("&command=").Append(Uri.EscapeDataString(word));
        }

        query.Append("&container=").Append(Uri.EscapeDataString(target.Container));
        UriBuilder address = new(api) { Scheme = api.Scheme == "https" ? "wss" : "ws" };
        address.Path += $"api/v1/namespaces/{target.Namespace}/pods/{target.Pod}/exec";
        address.Query = query.ToString();
        return address.Uri;
    }

    private async Task<RemoteEnd> RunAsync()
    {
        RemoteEnd end;
        try
        {
            end = await PumpAsync();
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            end = new(null, AnswerHandler.Explain(e).Message);
        }

        await _output.Writer.CompleteAsync();
        await _error.Writer.CompleteAsync();
        return end;
    }

    private PipeWriter? PipeOf(byte channel) => channel switch
    {
        OutputChannel => _output.Writer,
        ErrorChannel => _error.Writer,
        _ => null,
    };

    private async Task<RemoteEnd> PumpAsync()
    {
        // The channel's byte is received apart, so that the rest goes to its pipe without another copy.
        byte[] channel = new byte[1];
        byte[] dropped = new byte[1024];
        while (true)
        {
            ValueWebSocketReceiveResult received = await _socket.ReceiveAsync((Memory<byte>)channel, default);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return new(null, "the connection was closed before the cluster reported the command's end");
            }

            PipeWriter? pipe = PipeOf(channel[0]);
            bool isStatus = channel[0] == StatusChannel && received.Count == 1;
            while (!received.EndOfMessage)
            {
                Memory<byte> free = pipe?.GetMemory(ReceiveBytes) ?? (isStatus ? _status.GetMemory(1024) : dropped);
                received = await _socket.ReceiveAsync(free, default);
                if (pipe is not null)
                {
                    pipe.Advance(received.Count);
                    await pipe.FlushAsync();
                }
                else if (isStatus)
                {
                    _status.Advance(received.Count);
                    if (_status.WrittenCount > StatusObject.MaxBytes)
                    {
                        return new(null, "the cluster's report of the command's end is too long");
                    }
                }
            }

            if (isStatus && _status.WrittenCount > 0)
            {
                return StatusObject.ToEnd(_status.WrittenSpan);
            }
        }
    }
}

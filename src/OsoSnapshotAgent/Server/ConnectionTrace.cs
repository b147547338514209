using System.Net;
using System.Net.Sockets;

namespace OsoSnapshotAgent.Server;

/// <summary>Opens the connections and remembers the last peer, for the first line that <c>curl -v</c> prints.</summary>
internal sealed class ConnectionTrace
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public IPEndPoint? Peer { get; private set; }

    /// <exception cref="SocketException">The connection failed, or took over ten seconds. The HTTP handler wraps
    /// it.</exception>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken)
    {
        DnsEndPoint server = context.DnsEndPoint;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        Socket? socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, limit.Token);

            // A snapshot request may be silent for an hour. Keep-alive finds a node that died meanwhile.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
            Peer = (IPEndPoint?)socket.RemoteEndPoint;
            NetworkStream stream = new(socket, ownsSocket: true);
            socket = null;
            return stream;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>The peer's address without the mapping of IPv4 into IPv6.</summary>
    public string PeerAddress => Peer?.Address switch
    {
        null => "?",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        { } address => address.ToString(),
    };
}

using System.Net;
using System.Net.Sockets;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>Opens the connections and remembers where the last one leads, for the line that <c>curl -v</c> prints of it.</summary>
internal sealed class ConnectionTrace
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public IPEndPoint? Peer { get; private set; }

    /// <exception cref="HttpRequestException">Not connected; nothing was sent.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint server = context.DnsEndPoint;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        Socket? socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, limit.Token);
            Peer = (IPEndPoint?)socket.RemoteEndPoint;
            NetworkStream stream = new(socket, ownsSocket: true);
            socket = null;
            return stream;
        }
        catch (SocketException e)
        {
            HttpRequestError error = e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                ? HttpRequestError.NameResolutionError
                : HttpRequestError.ConnectionError;
            throw new HttpRequestException(error, $"Could not connect to {server.Host} port {server.Port}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"Could not connect to {server.Host} port {server.Port}: no answer within {ConnectTimeout.TotalSeconds:0} s", e);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>SocketsHttpHandler wraps what <see cref="ConnectAsync"/> throws into a ConnectionError, whatever it was.</summary>
    public static HttpRequestException Cause(HttpRequestException failure) => failure.InnerException as HttpRequestException ?? failure;

    /// <summary>The peer's address without the mapping of IPv4 into IPv6.</summary>
    public string PeerAddress => Peer is null ? "?" : (Peer.Address.IsIPv4MappedToIPv6 ? Peer.Address.MapToIPv4() : Peer.Address).ToString();
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// An HTTP proxy that only does CONNECT, whatever host is asked for: behind it is the API server, with TLS before it.
/// </summary>
internal sealed class ConnectProxy : IDisposable
{
    public const string Host = "kubernetes.test";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly Uri _server;
    private int _connects;

    public ConnectProxy(Uri server)
    {
        _server = server;
        ServerCertificate made = ServerCertificate.Make(Host);
        _certificate = X509Certificate2.CreateFromPem(made.Certificate, made.Key);
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Connects => Volatile.Read(ref _connects);

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient closed = client;
        using TcpClient server = new();
        try
        {
            NetworkStream plain = client.GetStream();
            string request = await ReadHeadAsync(plain);
            if (!request.StartsWith($"CONNECT {Host}:443 ", StringComparison.Ordinal))
            {
                await plain.WriteAsync("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                return;
            }

            Interlocked.Increment(ref _connects);
            await server.ConnectAsync(_server.Host, _server.Port);
            await plain.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
            await using SslStream secure = new(plain);
            await secure.AuthenticateAsServerAsync(_certificate);
            await Task.WhenAny(secure.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(secure));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // A side has gone.
        }
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        byte[] one = new byte[1];
        string head = string.Empty;
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) > 0)
        {
            head += (char)one[0];
        }

        return head;
    }
}

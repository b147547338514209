using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A request that was received. <paramref name="Connection"/> counts the connections from 1.</summary>
internal sealed record FakeRequest(string Method, string Path, string Head, int Connection);

/// <summary>
/// A server on the loopback for answers that a real Prometheus seldom gives. It keeps connections open.
/// </summary>
internal sealed class FakeServer : IDisposable
{
    public const string BuildInfo = """{"status":"success","data":{"version":"2.42.0"}}""";
    public const string Flags = """{"status":"success","data":{"web.enable-admin-api":"true"}}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<FakeRequest> _requests = [];
    private readonly Func<FakeRequest, byte[]?> _answer;
    private int _connections;

    /// <param name="answer">The bytes of the answer. Empty bytes close the connection; null never answers.</param>
    public FakeServer(Func<FakeRequest, byte[]?> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>True closes each connection after its first answer.</summary>
    public bool HangsUp { get; init; }

    /// <summary>True sends spaces after each answer, one by one, while the client listens.</summary>
    public bool Drips { get; init; }

    /// <summary>The server speaks TLS if this is set.</summary>
    public X509Certificate2? Certificate { get; init; }

    public Uri Url => new($"{(Certificate is null ? "http" : "https")}://127.0.0.1:{Port}/");

    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Completed when a request was received that the server never answers.</summary>
    public TaskCompletionSource Unanswered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Posts => Requests.Count(request => request.Method == "POST");

    public static byte[] Answer(int status, string reason, string body, string contentType = "application/json", string extraHeaders = "") =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status} {reason}\r\nContent-Type: {contentType}\r\n{extraHeaders}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>
    /// Makes a Prometheus that answers the requests before the snapshot, and gives <paramref name="post"/> to the POST.
    /// </summary>
    public static FakeServer Prometheus(Func<byte[]?> post, string metrics = "") => new(request => (request.Method, request.Path.Split('?')[0]) switch
    {
        ("GET", "/api/v1/status/buildinfo") => Answer(200, "OK", BuildInfo),
        ("GET", "/api/v1/status/flags") => Answer(200, "OK", Flags),
        ("GET", "/metrics") => Answer(200, "OK", metrics, "text/plain"),
        ("POST", "/api/v1/admin/tsdb/snapshot") => post(),
        _ => Answer(404, "Not Found", "404 page not found\n", "text/plain"),
    });

    public static int UnusedPort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client, ++_connections, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server was disposed.
        }
    }

    private async Task ServeAsync(TcpClient client, int connection, CancellationToken stop)
    {
        using TcpClient closed = client;
        try
        {
            await using Stream stream = await OpenAsync(client, stop);
            using StreamReader reader = new(stream, Encoding.ASCII);
            while (await ReadHeadAsync(reader, stop) is { Length: > 0 } head)
            {
                string[] first = head.Split(' ', 3);
                FakeRequest request = new(first[0], first[1], head, connection);
                lock (_requests)
                {
                    _requests.Add(request);
                }

                byte[]? answer = _answer(request);
                if (answer is null)
                {
                    Unanswered.TrySetResult();
                    await Task.Delay(Timeout.Infinite, stop);
                }
                else if (answer.Length == 0)
                {
                    return;
                }

                await stream.WriteAsync(answer, stop);
                for (int drops = 0; Drips; drops++)
                {
                    // The client has read the start of the answer by now.
                    _ = drops == 40 && Unanswered.TrySetResult();
                    await Task.Delay(5, stop);
                    await stream.WriteAsync(" "u8.ToArray(), stop);
                }

                if (HangsUp)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or AuthenticationException)
        {
            // The client has closed the connection, or the test is over.
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client, CancellationToken stop)
    {
        if (Certificate is null)
        {
            return client.GetStream();
        }

        SslStream tls = new(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, stop);
        return tls;
    }

    private static async Task<string> ReadHeadAsync(StreamReader reader, CancellationToken stop)
    {
        StringBuilder head = new();
        while (await reader.ReadLineAsync(stop) is { Length: > 0 } line)
        {
            head.Append(line).Append('\n');
        }

        return head.ToString();
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A request with its whole body.</summary>
/// <param name="Headers">By their names in lower case.</param>
internal sealed record StoredPut(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A server on the loopback that takes parts of objects, or gives objects, as a store does.</summary>
internal sealed class ObjectServer : IDisposable
{
    public const string Taken = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<StoredPut> _puts = [];
    private readonly Func<StoredPut, string?> _answer;
    private readonly X509Certificate2? _certificate;

    /// <param name="answer">The whole answer, of which each letter is a byte; null never answers.</param>
    public ObjectServer(Func<StoredPut, string?> answer, bool hasTls = false)
    {
        _answer = answer;
        _certificate = hasTls ? SelfSigned() : null;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Whether each connection has one request, and ends with the answer, whole or not.</summary>
    public bool HangsUp { get; init; }

    /// <summary>The address of a part, with a signature that nobody may print.</summary>
    public string Url => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"
        + "/bucket/key?partNumber=1&X-Amz-Signature=secret";

    /// <summary>The server's certificate, which is its own authority.</summary>
    public string Authority => _certificate!.ExportCertificatePem();

    public IReadOnlyList<StoredPut> Puts
    {
        get
        {
            lock (_puts)
            {
                return [.. _puts];
            }
        }
    }

    /// <summary>An answer with an object, or with what a Range header asks for of it.</summary>
    /// <param name="cutAt">How many bytes of it come at most.</param>
    public static string Object(StoredPut get, byte[] content, int cutAt = int.MaxValue)
    {
        int from = get.Headers.TryGetValue("range", out string? range)
            ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
        string head = range is null
            ? "HTTP/1.1 200 OK"
            : $"HTTP/1.1 206 Partial\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}";
        return $"{head}\r\nETag: \"one\"\r\nContent-Length: {content.Length - from}\r\n\r\n"
            + Encoding.Latin1.GetString(content[from..Math.Min(content.Length, (int)Math.Min((long)from + cutAt, int.MaxValue))]);
    }

    public static string Refusal(int status, string body) =>
        $"HTTP/1.1 {status} No\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
        _certificate?.Dispose();
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test store", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server was disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient closed = client;
        try
        {
            await using Stream stream = await OpenAsync(client);
            while (await ReadAsync(stream) is { } put)
            {
                lock (_puts)
                {
                    _puts.Add(put);
                }

                string? answer = _answer(put);
                await (answer is null ? Task.Delay(Timeout.Infinite, _stop.Token) : stream.WriteAsync(Encoding.Latin1.GetBytes(answer), _stop.Token).AsTask());
                if (HangsUp)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the test has ended.
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        SslStream tls = new(client.GetStream());
        await tls.AuthenticateAsServerAsync(_certificate);
        return tls;
    }

    private async Task<StoredPut?> ReadAsync(Stream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1]);
        byte[] body = new byte[int.Parse(headers.GetValueOrDefault("content-length") ?? "0", System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        string[] words = lines[0].Split(' ');
        return new(words[0], words[1], headers, body);
    }
}

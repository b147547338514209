using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// A proxy before an HTTP server. It passes every byte, but for the header <c>Connection: close</c>, which it adds: each
/// connection has one request.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private const int MaxHeadBytes = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _server;
    private readonly Task _accepting;
    private readonly List<(ProxyFault Fault, int Left)> _faults = [];
    private readonly List<ProxyRequest> _requests = [];

    public FaultProxy(Uri server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Endpoint => new($"http://{_listener.LocalEndpoint}");

    /// <summary>All requests that came, also those that had a fault.</summary>
    public IReadOnlyList<ProxyRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Adds a fault. If several match a request, it gets the first one.</summary>
    public void Add(ProxyFault fault)
    {
        lock (_faults)
        {
            _faults.Add((fault, fault.Times));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                await ServeRequestAsync(client);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // With this, closing sends RST.
                client.LingerState = new(enable: true, seconds: 0);
            }
        }
    }

    private async Task ServeRequestAsync(Socket client)
    {
        (byte[] head, byte[] body) = await ReadHeadAsync(client);
        string text = Encoding.Latin1.GetString(head);
        string[] words = text[..text.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
        ProxyFault fault = Note(new(words[0], words[1]));
        await Task.Delay(fault.Delay, _stop.Token);
        if (fault.Status is { } status)
        {
            await AnswerAsync(client, status);
            return;
        }

        using Socket server = new(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
        string sent = text.Insert(text.IndexOf('\n', StringComparison.Ordinal) + 1, "Connection: close\r\n");
        await PassAsync(client, server, [.. Encoding.Latin1.GetBytes(sent), .. body], fault);
    }

    // The server ends a request by closing its connection.
    private async Task PassAsync(Socket client, Socket server, byte[] first, ProxyFault fault)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task upload = UploadAsync();
        Task download = CopyAsync([], server, client, fault.CutAnswerAt, ended.Token);
        try
        {
            await (upload == await Task.WhenAny(upload, download) && upload.IsFaulted ? upload : download);
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(upload, download).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await EndAsync(client);

        async Task UploadAsync()
        {
            await CopyAsync(first, client, server, fault.CutRequestAt, ended.Token);
            server.Shutdown(SocketShutdown.Send);
        }
    }

    private ProxyFault Note(ProxyRequest request)
    {
        lock (_requests)
        {
            _requests.Add(request);
        }

        lock (_faults)
        {
            int match = _faults.FindIndex(one => one.Left > 0 && one.Fault.Matches(request));
            if (match < 0)
            {
                return new();
            }

            (ProxyFault fault, int left) = _faults[match];
            _faults[match] = (fault, left - 1);
            return fault;
        }
    }

    private async Task<(byte[] Head, byte[] Body)> ReadHeadAsync(Socket client)
    {
        byte[] buffer = new byte[MaxHeadBytes];
        int filled = 0;
        int end;
        while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            int read = await client.ReceiveAsync(buffer.AsMemory(filled), _stop.Token);
            filled += read > 0 ? read : throw new IOException("The request has no whole head.");
        }

        return (buffer[..(end + 4)], buffer[(end + 4)..filled]);
    }

    private async Task AnswerAsync(Socket client, int status)
    {
        string answer = $"HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
        await EndAsync(client);
    }

    // What is left of the request is read too. Otherwise the system would reset the connection, and the answer be lost.
    private async Task EndAsync(Socket client)
    {
        client.Shutdown(SocketShutdown.Send);
        byte[] buffer = new byte[MaxHeadBytes];
        while (await client.ReceiveAsync(buffer, _stop.Token) > 0)
        {
        }
    }

    private static async Task CopyAsync(byte[] first, Socket from, Socket to, long? cutAt, CancellationToken token)
    {
        byte[] buffer = new byte[2 * MaxHeadBytes];
        first.CopyTo(buffer, 0);
        long left = cutAt ?? long.MaxValue;
        int read = first.Length > 0 ? first.Length : await from.ReceiveAsync(buffer, token);
        while (read > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, (int)Math.Min(left, read)), token);
            left -= read;
            read = left > 0 ? await from.ReceiveAsync(buffer, token) : throw new IOException("The fault cuts here.");
        }
    }
}

/// <param name="Target">Path and query as the request has them, such as <c>/bucket/key?uploads</c>.</param>
internal sealed record ProxyRequest(string Method, string Target);

/// <summary>What happens to the next requests.</summary>
internal sealed record ProxyFault
{
    public Func<ProxyRequest, bool> Matches { get; init; } = _ => true;

    /// <summary>How many requests have the fault.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How long the request waits before the server gets it. Infinite stalls it.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The status of an answer that the proxy gives, without asking the server.</summary>
    public int? Status { get; init; }

    /// <summary>Cuts both connections when this many bytes of the request, with its head, went to the server.</summary>
    public long? CutRequestAt { get; init; }

    /// <summary>
    /// Cuts both connections when this many bytes of the answer, with its head, came through. 0 lets the server do what
    /// was asked, and loses the answer.
    /// </summary>
    public long? CutAnswerAt { get; init; }
}

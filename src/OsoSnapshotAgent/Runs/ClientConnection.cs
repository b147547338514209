using System.Net.Sockets;
using System.Text;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>The client's connection ended or broke: it may come again.</summary>
internal sealed class ConnectionBrokenException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>A client's connection, of which each failure is a <see cref="ConnectionBrokenException"/>.</summary>
internal sealed class ClientConnection : ReadStream
{
    // The client sends all the time, except while it reads a slow store.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(5);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];
    private Memory<byte> _rest;

    public ClientConnection(Socket socket)
    {
        _socket = socket;
        _socket.ReceiveTimeout = (int)MaxSilence.TotalMilliseconds;
        _socket.SendTimeout = (int)MaxSilence.TotalMilliseconds;
    }

    /// <exception cref="ConnectionBrokenException">The connection broke.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_rest.IsEmpty)
        {
            _rest = _buffer.AsMemory(0, Guarded(() => _socket.Receive(_buffer)));
        }

        int count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count > 0 || buffer.IsEmpty ? count : throw new ConnectionBrokenException("it ended");
    }

    /// <returns>A line without its end.</returns>
    /// <inheritdoc cref="Read" path="/exception"/>
    public string ReadLine(int maxBytes)
    {
        List<byte> line = [];
        Span<byte> next = stackalloc byte[1];
        while (line.Count < maxBytes)
        {
            _ = Read(next);
            if (next[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]);
            }

            line.Add(next[0]);
        }

        throw new ConnectionBrokenException("a line is too long");
    }

    /// <inheritdoc cref="Read" path="/exception"/>
    public void Send(RestoreEvent answer)
    {
        byte[] line = ControlJson.Line(answer, ControlJson.Default.RestoreEvent);
        for (int sent = 0; sent < line.Length;)
        {
            sent += Guarded(() => _socket.Send(line.AsSpan(sent)));
        }
    }

    /// <summary>Finds out whether the connection has ended, without reading from it.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public void RequireOpen()
    {
        if (_rest.IsEmpty && Guarded(() => _socket.Poll(0, SelectMode.SelectRead) ? _socket.Available : 1) == 0)
        {
            throw new ConnectionBrokenException("it ended");
        }
    }

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        base.Dispose(disposing);
    }

    private static int Guarded(Func<int> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new ConnectionBrokenException(e.Message, e);
        }
    }
}

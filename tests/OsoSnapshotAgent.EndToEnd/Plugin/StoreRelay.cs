using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Lets a pod, which has no network, reach a server of this machine by the same address as the client. With a
/// certificate, both reach it by TLS at another port. Without a server, whatever is put is taken and dropped.
/// </summary>
internal sealed class StoreRelay : IDisposable
{
    // A socket stays in the network in which it was made.
    private const string Program = """
        import ctypes, os, socket, ssl, sys, threading
        port, server, pid, certificate = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
        tls = None
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        listeners = [socket.create_server(("127.0.0.1", port))] if port != server or not server else []
        port = port or listeners[0].getsockname()[1]
        libc = ctypes.CDLL(None)
        if libc.setns(os.open(f"/proc/{pid}/ns/net", os.O_RDONLY), 0): sys.exit("setns failed")
        listeners.append(socket.create_server(("127.0.0.1", port)))
        libc.setns(here, 0)
        def pump(source, sink):
            try:
                while data := source.recv(1 << 18): sink.sendall(data)
            except OSError: pass
            for end in (source, sink):
                try: end.shutdown(socket.SHUT_RDWR)
                except OSError: pass
        def drop(client):
            stream, buffer = client.makefile("rb"), bytearray(1 << 18)
            while head := stream.readline():
                length = 0
                while (line := stream.readline()).strip():
                    if line.lower().startswith(b"content-length:"): length = int(line.split(b":")[1])
                while length > 0:
                    count = stream.readinto(memoryview(buffer)[:min(length, len(buffer))])
                    if not count: return
                    length -= count
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        def serve(client):
            try:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tls: client = tls.wrap_socket(client, server_side=True)
                if not server: return drop(client)
                upstream = socket.create_connection(("127.0.0.1", server))
            except OSError: return client.close()
            threading.Thread(target=pump, args=(client, upstream), daemon=True).start()
            pump(upstream, client)
        def accept(listener):
            while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        for listener in listeners: threading.Thread(target=accept, args=(listener,), daemon=True).start()
        print(port, flush=True)
        sys.stdin.read()
        """;

    private readonly Process _process;

    private StoreRelay(Process process, int port, bool hasTls)
    {
        _process = process;
        Endpoint = new($"{(hasTls ? "https://localhost" : "http://127.0.0.1")}:{port}");
    }

    public Uri Endpoint { get; }

    /// <param name="server">null drops what is put.</param>
    /// <param name="certificate">A PEM file with the certificate for localhost and its key; null for no TLS.</param>
    public static async Task<StoreRelay> StartAsync(TargetContainer target, Uri? server, string? certificate = null)
    {
        string pid = (await Podman.RunAsync("inspect", "--format={{.State.Pid}}", target.Name)).Succeeded().Output.Trim();
        int port = server?.Port ?? 0;
        Process process = HostCommand.Start(HostCommand.AsRoot(
            "python3", "-c", Program, Number(certificate is null ? port : 0), Number(port), pid, certificate ?? string.Empty));
        string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline);
        return line is null
            ? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync())
            : new(process, int.Parse(line, CultureInfo.InvariantCulture), certificate is not null);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

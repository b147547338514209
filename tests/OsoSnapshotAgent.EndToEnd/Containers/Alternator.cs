using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>
/// Listens on a port of a pod's network and passes each connection to the next of several servers, as a Service does.
/// </summary>
internal sealed class Alternator : IDisposable
{
    private const string Program = """
        import itertools, socket, sys, threading
        ports = itertools.cycle([int(port) for port in sys.argv[2:]])
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        def pump(source, sink):
            try:
                while data := source.recv(65536): sink.sendall(data)
            except OSError: pass
            for end in (source, sink):
                try: end.shutdown(socket.SHUT_RDWR)
                except OSError: pass
        print("listening", flush=True)
        while True:
            client, _ = listener.accept()
            print("connection", flush=True)
            server = socket.create_connection(("127.0.0.1", next(ports)))
            for pair in ((client, server), (server, client)): threading.Thread(target=pump, args=pair, daemon=True).start()
        """;

    private readonly Process _process;
    private int _connections;

    private Alternator(Process process) => _process = process;

    public int Connections => _connections;

    public static async Task<Alternator> StartAsync(PrometheusPod pod, int port, params int[] servers)
    {
        string[] command =
        [
            .. HostCommand.AsRoot("nsenter", "--target", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), "--net", "python3", "-c", Program),
            .. servers.Prepend(port).Select(number => number.ToString(CultureInfo.InvariantCulture)),
        ];
        Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        Alternator alternator = new(process);
        TaskCompletionSource listening = new();
        process.OutputDataReceived += (_, line) =>
        {
            Interlocked.Add(ref alternator._connections, line.Data == "connection" ? 1 : 0);
            _ = line.Data == "listening" && listening.TrySetResult();
        };
        process.BeginOutputReadLine();
        await listening.Task.WaitAsync(Eventually.Deadline);
        return alternator;
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>A Prometheus of this machine on loopback, which scrapes nothing and ends with this process.</summary>
internal sealed class ThrowawayServer : IDisposable
{
    private const string ConfigurationName = "prometheus.yml";

    private readonly ChildProcess _process;
    private readonly Task<string> _error;

    private ThrowawayServer(ChildProcess process, int port)
    {
        (_process, _error) = (process, RemoteText.ReadAsync(process.Error));
        Api = new(new($"http://127.0.0.1:{port}/"), token => ConnectAsync(port, token), LogAsync);
    }

    public PrometheusApi Api { get; }

    /// <summary>The flags that keep what is restored. Only blocks that overlap in time are merged.</summary>
    /// <param name="retention">The flags of <see cref="RetentionFlags"/>.</param>
    public static IEnumerable<string> Flags(string configuration, string data, string address, string retention) =>
    [
        $"--config.file={configuration}", $"--storage.tsdb.path={data}", $"--web.listen-address={address}",
        "--log.level=warn", "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
        .. retention.Split(' '),
    ];

    /// <param name="program">The path of the program.</param>
    /// <param name="directory">Gets its configuration, and its data directory.</param>
    /// <exception cref="OperatorException">It can't be started, or ended again.</exception>
    public static async Task<ThrowawayServer> StartAsync(
        string program, DirectoryHandle directory, string data, string retention, CancellationToken token)
    {
        using (FileStream file = new(directory.CreateFile(ConfigurationName), FileAccess.Write))
        {
            file.Write("{}"u8);
        }

        int port = FreePort();
        IEnumerable<string> flags =
            Flags(directory.PathOf(ConfigurationName), data, $"127.0.0.1:{port}", retention);
        ThrowawayServer server;
        try
        {
            server = new(ChildProcess.Start(program, [.. flags], isSilent: true), port);
        }
        catch (ClusterException e)
        {
            throw Failed(e.Message, "name the program of a Prometheus with --prometheus");
        }

        try
        {
            string name = Printable.Short(program);
            await server.Api.AwaitReadyAsync(name, _ => server.RequireAliveAsync(name), token);
            return server;
        }
        catch
        {
            await server.EndAsync();
            server.Dispose();
            throw;
        }
    }

    /// <summary>Ends the program, and waits until it has ended.</summary>
    public async Task EndAsync()
    {
        _process.Kill();
        await _process.Ended;
    }

    public void Dispose()
    {
        _process.Dispose();
        Api.Dispose();
    }

    private static async ValueTask<Stream> ConnectAsync(int port, CancellationToken token)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task RequireAliveAsync(string name)
    {
        if (_process.Ended.IsCompleted)
        {
            throw Failed($"{name} ended with {await _process.Ended}.", await LogAsync());
        }
    }

    // Its last words say more than we can.
    private async Task<string> LogAsync()
    {
        await EndAsync();
        string[] lines = (await _error).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? string.Empty : $"it said: {Printable.Short(lines[^1])}";
    }

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}

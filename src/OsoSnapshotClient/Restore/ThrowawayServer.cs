using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>A Prometheus of this machine on loopback, which scrapes nothing and ends with this process.</summary>
internal sealed class ThrowawayServer : IDisposable
{
    private const string ConfigurationName = "prometheus.yml";
    private const int MaxAnswerBytes = 64 << 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.2);

    private readonly ChildProcess _process;
    private readonly Task<string> _error;
    private readonly HttpClient _http;

    private ThrowawayServer(ChildProcess process, int port)
    {
        (_process, _error) = (process, RemoteText.ReadAsync(process.Error));
        _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new($"http://127.0.0.1:{port}/"),
            MaxResponseContentBufferSize = MaxAnswerBytes,
            Timeout = TimeSpan.FromMinutes(5),
        };
    }

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
        string[] arguments =
        [
            $"--config.file={directory.PathOf(ConfigurationName)}", $"--storage.tsdb.path={data}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", .. retention.Split(' '),
        ];
        try
        {
            ThrowawayServer server = new(ChildProcess.Start(program, arguments, isSilent: true), port);
            await server.AwaitReadyAsync(program, token);
            return server;
        }
        catch (ClusterException e)
        {
            throw Failed(e.Message, "name the program of a Prometheus with --prometheus");
        }
    }

    /// <returns>The member <c>data</c> of an answer of the API.</returns>
    /// <exception cref="OperatorException">The server refuses the request, or does not answer.</exception>
    public async Task<JsonElement> AskAsync(string path, CancellationToken token)
    {
        string body = string.Empty;
        try
        {
            using HttpResponseMessage response = await GetAsync("api/v1/" + path, token);
            body = await response.Content.ReadAsStringAsync(token);
            using JsonDocument answer = JsonDocument.Parse(body);
            if (response.IsSuccessStatusCode && answer.RootElement.TryGetProperty("data", out JsonElement data))
            {
                return data.Clone();
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is TaskCanceledException && !token.IsCancellationRequested))
        {
            body = e.Message;
        }

        throw Failed($"Prometheus answers to {Printable.Short(path)}: {Printable.Short(body)}", await LogAsync());
    }

    /// <returns>The value of a metric without labels.</returns>
    /// <inheritdoc cref="AskAsync" path="/exception"/>
    public async Task<double> MetricAsync(string name, CancellationToken token)
    {
        try
        {
            string metrics = await _http.GetStringAsync(new Uri("metrics", UriKind.Relative), token);
            string line = metrics.Split('\n').First(line => line.StartsWith(name + " ", StringComparison.Ordinal));
            return double.Parse(line[name.Length..], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or FormatException)
        {
            throw Failed($"Prometheus does not tell {name}: {e.Message}", await LogAsync());
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
        _http.Dispose();
    }

    private Task<HttpResponseMessage> GetAsync(string path, CancellationToken token) =>
        _http.GetAsync(new Uri(path, UriKind.Relative), token);

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AwaitReadyAsync(string program, CancellationToken token)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            if (_process.Ended.IsCompleted)
            {
                throw Failed($"{Printable.Short(program)} ended with {await _process.Ended}.", await LogAsync());
            }

            try
            {
                using HttpResponseMessage ready = await GetAsync("-/ready", limit.Token);
                if (ready.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                throw Failed(
                    $"{Printable.Short(program)} is not ready after {Durations.Format(StartLimit)}.", string.Empty);
            }

            await Task.Delay(Interval, token);
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

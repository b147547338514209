using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TsdbJudge.Servers;

/// <summary>A running Prometheus that scrapes nothing, on a data directory of its own.</summary>
internal sealed class PrometheusServer : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly StringBuilder _log = new();
    private readonly Process _process;

    private PrometheusServer(Process process, int port)
    {
        (_process, Client) = (process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = Deadline });
        process.ErrorDataReceived += (_, line) => _log.AppendLine(line.Data);
        process.BeginErrorReadLine();
    }

    public HttpClient Client { get; }

    /// <summary>False if Prometheus ended by itself.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts Prometheus, and waits until it is ready or has ended.</summary>
    public static async Task<PrometheusServer> StartAsync(ServerVersion version, string dataDirectory)
    {
        string configuration = Path.Combine(dataDirectory, "empty.yml");
        await File.WriteAllTextAsync(configuration, "{}\n");
        int port = FreePort();
        ProcessStartInfo start = new(version.Prometheus,
        [
            "--config.file=" + configuration, "--storage.tsdb.path=" + dataDirectory, "--storage.tsdb.retention.time=100y",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ])
        {
            RedirectStandardError = true,
            Environment = { ["GOMAXPROCS"] = "1" },
        };
        PrometheusServer server = new(Process.Start(start)!, port);
        await server.WaitUntilReadyAsync();
        return server;
    }

    /// <summary>Kills Prometheus and returns what it logged: warnings and errors.</summary>
    public string Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        return _log.ToString().Trim();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
        Client.Dispose();
    }

    private async Task WaitUntilReadyAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (IsRunning)
        {
            try
            {
                using HttpResponseMessage answer = await Client.GetAsync(new Uri("-/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(start) < Deadline)
            {
                // It does not listen yet.
            }

            await Task.Delay(10);
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>
/// An API server on a Unix socket that gives the answers of a test. A script stands for kubectl: its proxy is a link to
/// that socket, and its exec runs the command here.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string Pod = "prom-0";
    public const string ExecPath = $"/api/v1/namespaces/oso/pods/{Pod}/exec";

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-api-").FullName;
    private readonly WebApplication _server;
    private readonly List<string> _requests = [];

    private ApiServer(Func<HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Socket));
        _server = builder.Build();
        _server.UseWebSockets();
        _server.Run(context =>
        {
            lock (_requests)
            {
                _requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            }

            return answer(context);
        });
        Write("kubectl", Script("while :; do sleep 1; done"));
    }

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public string Folder => _directory;

    public ClusterOptions Options => new()
    {
        Kubectl = Path.Combine(_directory, "kubectl"),
        Flags = ["-n", "oso", "--kubeconfig", Path.Combine(_directory, "none")],
        Variable = _ => null,
    };

    private string Socket => Path.Combine(_directory, "api");

    public static async Task<ApiServer> StartAsync(Func<HttpContext, Task> answer)
    {
        ApiServer server = new(answer);
        await server._server.StartAsync();
        return server;
    }

    /// <summary>Serves one command over a WebSocket; refuses everything else.</summary>
    public static Task<ApiServer> StartExecAsync(string protocol, Func<WebSocket, Task> serve) => StartAsync(async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        await serve(socket);
    });

    public static Task SendAsync(WebSocket socket, byte channel, string text) =>
        SendAsync(socket, [channel, .. Encoding.UTF8.GetBytes(text)]);

    public static Task SendAsync(WebSocket socket, byte[] message) =>
        socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    public static async Task AnswerAsync(HttpContext context, int code, string json)
    {
        context.Response.StatusCode = code;
        await context.Response.WriteAsync(json);
    }

    /// <summary>A script in place of kubectl.</summary>
    /// <param name="afterStart">What its proxy does once the socket is there.</param>
    public string Script(string afterStart) => $$"""
        #!/bin/sh
        echo "$*" >> '{{_directory}}/calls'
        for word; do
          case $word in
            --unix-socket=*) ln -s '{{Socket}}' "${word#*=}"; {{afterStart}} ;;
            --) shift; exec "$@" ;;
          esac
          shift
        done
        """;

    public void Write(string name, string script)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, script);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public string Calls => File.ReadAllText(Path.Combine(_directory, "calls"));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

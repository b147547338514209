using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>
/// An imitation of the Kubernetes API server and its kubelet, on a port of this machine. Its pods are containers of
/// podman. The answers were recorded on a real 1.32 cluster. It has no SPDY, because kubectl must not need it.
/// </summary>
internal sealed partial class ApiServer : IAsyncDisposable
{
    /// <summary>The UID of each namespace; that of kube-system names the cluster in a backup.</summary>
    public const string ClusterUid = "5f1d7c1e-9c2b-4e0e-9a51-0c0a6e3b2f11";

    private const string User = "operator";

    private readonly WebApplication _application;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _requests = [];
    private volatile ApiSettings _settings = new([]);

    // Each read of a process' pipe holds a thread, and the pool adds threads slowly.
    static ApiServer() => ThreadPool.SetMinThreads(200, 200);

    public ApiServer(IReadOnlyList<ServedPod> pods)
    {
        Pods = pods;
        foreach (ServedPod pod in pods)
        {
            pod.Changed += Publish;
        }

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MinResponseDataRate = null;
        });
        _application = builder.Build();
        _application.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        _application.Run(AnswerAsync);
        _application.StartAsync().GetAwaiter().GetResult();
        Address = new Uri(_application.Urls.Single());
    }

    public Uri Address { get; }

    public IReadOnlyList<ServedPod> Pods { get; private set; }

    /// <summary>Each request's method and path.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public ApiSettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            foreach (ServedPod pod in Pods)
            {
                pod.Settings = value;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A request that lasts would delay the stop of the server.
        await _end.CancelAsync();
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(2));
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
        await Task.WhenAll(Pods.OfType<CreatedPod>().Select(pod => pod.EndAsync()));
        _end.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        try
        {
            await DispatchAsync(context, end.Token);
        }
        catch (ApiException refused) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = refused.Code;
            if (refused.RetryAfterSeconds > 0)
            {
                context.Response.Headers.RetryAfter = $"{refused.RetryAfterSeconds}";
            }

            await WriteAsync(context, refused.Status);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone, or the test has ended.
        }
    }

    private async Task DispatchAsync(HttpContext context, CancellationToken token)
    {
        HttpRequest request = context.Request;
        await Task.Delay(TimeSpan.FromSeconds(Settings.AnswerSeconds), token);
        if (Settings.Refusals.FirstOrDefault(one => one.Refuses(request.Method, request.Path)) is { } refusal)
        {
            throw refusal.Answer();
        }

        if (Settings.Endless?.Split(' ') is [var method, var part] && method == request.Method
            && request.Path.Value!.EndsWith(part, StringComparison.Ordinal))
        {
            await WriteWithoutEndAsync(context, token);
        }
        else if (ApiRequest.TryParse(request) is { } asked)
        {
            Authorize(asked);
            await AnswerPodsAsync(context, asked, token);
        }
        else
        {
            await WriteAsync(context, await AnswerOthersAsync(request));
        }
    }

    private Task AnswerPodsAsync(HttpContext context, ApiRequest asked, CancellationToken token) => asked switch
    {
        { Subresource: "", Verb: "watch" } => WatchAsync(context, asked, token),
        { Subresource: "", Verb: "list" } => ListAsync(context, asked),
        { Subresource: "", Verb: "get" } => WriteObjectsAsync(context, [DocumentOf(asked)], DocumentOf(asked)),
        { Subresource: "", Verb: "create" } => CreateAsync(context, asked, token),
        { Subresource: "", Verb: "delete" } => DeleteAsync(context, asked),
        { Subresource: "ephemeralcontainers", Verb: "patch" } => PatchAsync(context, asked, token),
        { Subresource: "log", Verb: "get" } => LogAsync(context, asked, token),
        { Subresource: "exec" or "attach" } => StreamAsync(context, asked, token),
        _ => throw new ApiException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
    };

    private void Authorize(ApiRequest asked)
    {
        // Newer servers want the right to create for a GET that opens a stream too.
        string[] verbs = asked.Subresource is "exec" or "attach" ? [asked.Verb, "create"] : [asked.Verb];
        if (verbs.FirstOrDefault(verb => Settings.Denies($"{verb} {asked.Resource}")) is { } denied)
        {
            string pods = asked.Pod is null ? "pods" : $"pods \"{asked.Pod}\"";
            throw new ApiException(
                403,
                "Forbidden",
                $"{pods} is forbidden: User \"{User}\" cannot {denied} resource \"{asked.Resource}\" in API group \"\""
                + $" in the namespace \"{asked.Namespace}\"") { Name = asked.Pod ?? string.Empty };
        }
    }

    private ServedPod PodOf(ApiRequest asked) =>
        Pods.FirstOrDefault(pod => pod.Name == asked.Pod) ?? throw ApiException.NotFound(asked.Pod!);

    private static Task WriteAsync(HttpContext context, JsonNode answer)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJsonString());
    }

    // Blanks may stand anywhere in JSON, so the reader must bound what it reads.
    private static async Task WriteWithoutEndAsync(HttpContext context, CancellationToken token)
    {
        context.Response.ContentType = "application/json";
        byte[] blanks = new byte[1 << 20];
        blanks.AsSpan().Fill((byte)' ');
        for (int count = 0; count < 8 << 10; count++)
        {
            await context.Response.Body.WriteAsync(blanks, token);
        }
    }
}

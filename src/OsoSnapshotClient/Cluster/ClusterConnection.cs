using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Authentication;

namespace OsoSnapshotClient.Cluster;

/// <summary>The connections to the API server: through kubectl's proxy, or from inside the cluster.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private readonly KubectlProxy? _proxy;
    private readonly ITokenProvider? _tokens;
    private readonly AnswerHandler _answers;
    private readonly AnswerHandler _upgradeAnswers;
    private readonly SocketsHttpHandler _sockets;
    private readonly HttpClient _client;

    private ClusterConnection(ClusterOptions options, KubernetesClientConfiguration configuration, KubectlProxy? proxy)
    {
        _proxy = proxy;
        _tokens = configuration.TokenProvider;
        ServiceAccountNamespace = configuration.Namespace;
        Address = new(configuration.Host);
        _sockets = CreateSockets(configuration, proxy);
        _answers = new(options.RequestTimeout) { InnerHandler = _sockets };
        _client = new(_answers, disposeHandler: false)
        {
            BaseAddress = Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _upgradeAnswers = new(options.RequestTimeout) { InnerHandler = _sockets };
        Upgrades = new(_upgradeAnswers, disposeHandler: false);
    }

    /// <summary>That of the API server. Its path ends with a slash.</summary>
    public Uri Address { get; }

    /// <summary>Sends what asks for another protocol.</summary>
    public HttpMessageInvoker Upgrades { get; }

    /// <summary>null outside a cluster.</summary>
    public string? ServiceAccountNamespace { get; }

    public bool IsInCluster => _proxy is null;

    /// <summary>Whether the API server has granted a request.</summary>
    public bool HasSucceeded => _answers.HasSucceeded;

    /// <summary>Prepares the connection. The first request starts kubectl's proxy.</summary>
    public static ClusterConnection Create(ClusterOptions options)
    {
        // As for kubectl, what names another cluster or user comes before the service account.
        bool isInCluster = options.Flags is [] or ["-n", _]
            && options.Variable("KUBECONFIG") is null or ""
            && options.Variable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }
            && KubernetesClientConfiguration.IsInCluster();
        if (isInCluster)
        {
            return new(options, KubernetesClientConfiguration.InClusterConfig(), proxy: null);
        }

        return new(options, new() { Host = "http://localhost" }, new(options));
    }

    /// <summary>The header that names the user; null where kubectl's proxy adds it.</summary>
    public async Task<AuthenticationHeaderValue?> AuthorizationAsync(CancellationToken token) =>
        _tokens is null ? null : await _tokens.GetAuthenticationHeaderAsync(token);

    /// <summary>Asks the API server whether its user has a right.</summary>
    public async Task<bool> IsAllowedAsync(AccessRight right, string @namespace, CancellationToken token)
    {
        JsonObject attributes = new()
        {
            ["namespace"] = @namespace,
            ["verb"] = right.Verb,
            ["resource"] = right.Resource,
            ["subresource"] = right.Subresource,
            ["group"] = right.Group,
        };
        JsonObject review = new() { ["spec"] = new JsonObject { ["resourceAttributes"] = attributes } };
        using StringContent content = new(review.ToJsonString(), Encoding.UTF8, "application/json");
        V1SelfSubjectAccessReview answer = await SendAsync(
            HttpMethod.Post,
            "apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            content,
            ApiJson.Default.V1SelfSubjectAccessReview,
            token);
        return answer.Status?.Allowed == true;
    }

    /// <param name="path">Relative to <see cref="Address"/>.</param>
    /// <param name="right">What the request needs; null if everybody may send it.</param>
    /// <exception cref="ClusterException">It is refused, or the answer can't be read.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, AccessRight? right, CancellationToken token)
        where T : class
    {
        try
        {
            return await SendAsync(HttpMethod.Get, path, null, type, token);
        }
        catch (ClusterException e) when (e.Code == 403 && right is not null)
        {
            throw e.WithMissing(right);
        }
    }

    /// <param name="path">Relative to <see cref="Address"/>.</param>
    /// <exception cref="ClusterException">It is refused, or the answer can't be read.</exception>
    public async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken token)
        where T : class
    {
        using HttpRequestMessage request = new(method, path) { Content = content, Version = HttpVersion.Version20 };
        request.Headers.Authorization = await AuthorizationAsync(token);
        try
        {
            // The handler has read and bounded the whole answer.
            using HttpResponseMessage response =
                await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
            await using Stream body = await response.Content.ReadAsStreamAsync(token);
            return await JsonSerializer.DeserializeAsync(body, type, token)
                ?? throw AnswerHandler.Unreadable(new JsonException("it is null"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw AnswerHandler.Unreadable(e);
        }
        catch (HttpRequestException e)
        {
            throw AnswerHandler.Explain(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        Upgrades.Dispose();
        _upgradeAnswers.Dispose();
        _answers.Dispose();
        _sockets.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    private static SocketsHttpHandler CreateSockets(KubernetesClientConfiguration configuration, KubectlProxy? proxy)
    {
        SocketsHttpHandler sockets = new()
        {
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromMinutes(3),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
        };
        if (proxy is not null)
        {
            sockets.UseProxy = false;
            sockets.ConnectCallback = (_, token) => proxy.ConnectAsync(token);
        }
        else
        {
            sockets.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                Kubernetes.CertificateValidationCallBack(
                    sender, configuration.SslCaCerts, certificate!, chain!, errors);
        }

        return sockets;
    }
}

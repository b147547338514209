using System.Text.Json;
using k8s;
using k8s.Models;

namespace OsoSnapshotClient.Cluster;

/// <summary>The connections to the API server: through kubectl's proxy, or from inside the cluster.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private readonly KubectlProxy? _proxy;
    private readonly AnswerHandler _answers;
    private readonly AnswerHandler _upgradeAnswers;
    private readonly SocketsHttpHandler _sockets;

    private ClusterConnection(ClusterOptions options, KubernetesClientConfiguration configuration, KubectlProxy? proxy)
    {
        _proxy = proxy;
        ServiceAccountNamespace = configuration.Namespace;
        SocketsHttpHandler? sockets = null;
        configuration.FirstMessageHandlerSetup = handler => sockets = SetUp(handler);
        _answers = new(options.RequestTimeout);
        Client = new(configuration, _answers);
        _sockets = sockets!;
        _upgradeAnswers = new(options.RequestTimeout) { InnerHandler = _sockets };
        Upgrades = new(_upgradeAnswers, disposeHandler: false);
    }

    public Kubernetes Client { get; }

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
    public async Task<string?> AuthorizationAsync(CancellationToken token)
    {
        if (Client.Credentials is not { } credentials)
        {
            return null;
        }

        using HttpRequestMessage request = new();
        await credentials.ProcessHttpRequestAsync(request, token);
        return request.Headers.Authorization?.ToString();
    }

    /// <summary>Asks the API server whether its user has a right.</summary>
    public async Task<bool> IsAllowedAsync(AccessRight right, string @namespace, CancellationToken token)
    {
        V1SelfSubjectAccessReview review = new()
        {
            Spec = new()
            {
                ResourceAttributes = new()
                {
                    NamespaceProperty = @namespace,
                    Verb = right.Verb,
                    Resource = right.Resource,
                    Subresource = right.Subresource,
                    Group = right.Group,
                },
            },
        };
        V1SelfSubjectAccessReview answer = await AskAsync(
            () => Client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review, cancellationToken: token));
        return answer.Status?.Allowed == true;
    }

    /// <summary>Sends a request of the library.</summary>
    /// <param name="right">What the request needs, if no policy can refuse it.</param>
    /// <exception cref="ClusterException">It is refused, or the answer can't be read.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, AccessRight? right = null)
        where T : class
    {
        try
        {
            return await ask() ?? throw AnswerHandler.Unreadable(new JsonException("it is null"));
        }
        catch (ClusterException e) when (e.Code == 403 && right is not null)
        {
            throw e.WithMissing(right);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or OverflowException
            or InvalidOperationException or NotSupportedException)
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
        Client.Dispose();
        Upgrades.Dispose();
        _upgradeAnswers.Dispose();
        _answers.Dispose();
        _sockets.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    private SocketsHttpHandler SetUp(SocketsHttpHandler handler)
    {
        if (_proxy is not null)
        {
            handler.UseProxy = false;
            handler.ConnectCallback = (_, token) => _proxy.ConnectAsync(token);
        }

        return handler;
    }
}

using System.Text;
using System.Text.Json.Nodes;

namespace OsoSnapshotClient.Cluster;

/// <summary>Everything that asks the API server. It is safe for several callers at a time.</summary>
internal sealed class KubernetesCluster : IAsyncDisposable
{
    private const int PageLength = 100;
    private const int MaxPods = 10_000;

    private readonly ClusterOptions _options;
    private readonly ClusterConnection _connection;
    private readonly Lazy<Kubeconfig> _kubeconfig;
    private readonly string? _namespace;
    private readonly ExecChoice _exec;
    private readonly bool _isView;

    private KubernetesCluster(ClusterOptions options)
    {
        _options = options;
        _connection = ClusterConnection.Create(options);
        _kubeconfig = new(() => Kubeconfig.Read(options));
        GlobalFlags flags = new(options.Flags);
        _namespace = flags.ValueOf("-n") ?? flags.ValueOf("--namespace");
        _exec = new(options, _connection, _kubeconfig);
    }

    private KubernetesCluster(KubernetesCluster other, string @namespace)
    {
        (_options, _connection, _kubeconfig, _exec) =
            (other._options, other._connection, other._kubeconfig, other._exec);
        (_namespace, _isView) = (@namespace, true);
    }

    /// <summary>Starts nothing. The first request starts kubectl's proxy.</summary>
    public static KubernetesCluster Create(ClusterOptions options) => new(options);

    /// <summary>The same connections for another namespace. They end with this object.</summary>
    public KubernetesCluster InNamespace(string name) => new(this, name);

    /// <summary>The namespace that kubectl would use.</summary>
    public string Namespace => _namespace
        ?? (_connection.IsInCluster ? _connection.ServiceAccountNamespace : _kubeconfig.Value.Namespace)
        ?? "default";

    /// <summary>Whether this client runs in a pod, and uses its service account.</summary>
    public bool IsInCluster => _connection.IsInCluster;

    public async Task<V1Pod> ReadPodAsync(string pod, CancellationToken token)
    {
        string where = Namespace;
        V1Pod read = await _connection.GetAsync(
            $"{PodsOf(where)}/{Name(pod)}", ApiJson.Default.V1Pod, new("get", "pods"), token);
        return PodCheck.Require(read, pod);
    }

    public async Task<IReadOnlyList<V1Pod>> ListPodsAsync(
        string? labelSelector, bool allNamespaces, CancellationToken token)
    {
        string path = allNamespaces ? "api/v1/pods" : PodsOf(Namespace);
        string query = $"limit={PageLength}";
        if (labelSelector is not null)
        {
            query += "&labelSelector=" + Uri.EscapeDataString(labelSelector);
        }

        List<V1Pod> pods = [];
        string? next = null;
        do
        {
            string more = string.IsNullOrEmpty(next) ? string.Empty : "&continue=" + Uri.EscapeDataString(next);
            V1PodList page = await _connection.GetAsync(
                $"{path}?{query}{more}", ApiJson.Default.V1PodList, new("list", "pods"), token);
            pods.AddRange((page.Items ?? []).Select(pod => PodCheck.Require(pod, expected: null)));
            next = page.Metadata?.Continue;
            if (pods.Count > MaxPods)
            {
                throw new ClusterException(0, "TooLong", $"there are more than {MaxPods} pods");
            }
        }
        while (!string.IsNullOrEmpty(next));
        return pods;
    }

    /// <summary>Asks for a container beside those of a pod. It is never asked for twice.</summary>
    /// <param name="isDryRun">The API server and the policies decide, and nothing is made.</param>
    /// <exception cref="ClusterException">If its code is 0, nobody knows whether the container will be made: read the
    /// pod.</exception>
    public async Task AddEphemeralContainerAsync(
        string pod, JsonObject container, bool isDryRun, CancellationToken token)
    {
        string where = Namespace;
        JsonObject patch = new()
        {
            ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(container.DeepClone()) },
        };
        try
        {
            using StringContent content = new(
                patch.ToJsonString(), Encoding.UTF8, "application/strategic-merge-patch+json");
            await _connection.SendAsync(
                HttpMethod.Patch,
                $"{PodsOf(where)}/{Name(pod)}/ephemeralcontainers{(isDryRun ? "?dryRun=All" : null)}",
                content,
                ApiJson.Default.V1Pod,
                token);
        }
        catch (ClusterException e) when (e.Code > 0)
        {
            throw await ExplainAsync(e, new("patch", "pods", "ephemeralcontainers"), token);
        }
    }

    /// <summary>Asks for a pod. It is never asked for twice.</summary>
    /// <exception cref="ClusterException">If its code is 0, nobody knows whether the pod will be made.</exception>
    public async Task CreatePodAsync(JsonObject pod, CancellationToken token)
    {
        try
        {
            using StringContent content = new(pod.ToJsonString(), Encoding.UTF8, "application/json");
            await _connection.SendAsync(
                HttpMethod.Post, PodsOf(Namespace), content, ApiJson.Default.V1Pod, token);
        }
        catch (ClusterException e) when (e.Code > 0)
        {
            throw await ExplainAsync(e, new("create", "pods"), token);
        }
    }

    /// <summary>Deletes a pod. It may exist for some seconds more.</summary>
    public Task DeletePodAsync(string pod, CancellationToken token) => _connection.SendAsync(
        HttpMethod.Delete, $"{PodsOf(Namespace)}/{Name(pod)}", null, ApiJson.Default.V1Deleted, token);

    // A policy refuses with the same code and reason as a missing right.
    private async Task<ClusterException> ExplainAsync(ClusterException e, AccessRight right, CancellationToken token)
    {
        bool isMissing = e.Code == 403 && (await FindMissingAsync([right], token)).Count > 0;
        return isMissing ? e.WithMissing(right) : e.ForContainer();
    }

    /// <summary>Asks which rights are missing. Nothing is made for it.</summary>
    public async Task<IReadOnlyList<AccessRight>> FindMissingAsync(
        IReadOnlyList<AccessRight> rights, CancellationToken token)
    {
        string where = Namespace;
        bool[] allowed = await Task.WhenAll(rights.Select(right => _connection.IsAllowedAsync(right, where, token)));
        return [.. rights.Where((_, index) => !allowed[index])];
    }

    /// <summary>Finds the pods that a word of the command line names.</summary>
    /// <param name="name"><c>POD</c>, <c>pod/POD</c>, <c>sts/NAME</c> or <c>deploy/NAME</c>, long forms too.</param>
    /// <returns>The names; none if the workload has no pods. A pod that is named is not looked for.</returns>
    public async Task<IReadOnlyList<string>> ResolvePodsAsync(string name, CancellationToken token)
    {
        (WorkloadKind kind, string own) = WorkloadName.Parse(name);
        if (kind == WorkloadKind.Pod)
        {
            return [own];
        }

        string kinds = kind == WorkloadKind.StatefulSet ? "statefulsets" : "deployments";
        string where = Uri.EscapeDataString(Namespace);
        V1Workload workload = await _connection.GetAsync(
            $"apis/apps/v1/namespaces/{where}/{kinds}/{own}",
            ApiJson.Default.V1Workload,
            new("get", kinds) { Group = "apps" },
            token);
        string selector = WorkloadName.SelectorOf(workload.Spec?.Selector);
        IReadOnlyList<V1Pod> pods = await ListPodsAsync(selector, allNamespaces: false, token);
        return [.. pods.Select(pod => pod.Metadata.Name)];
    }

    /// <returns>The namespace's UID; null if it may not be read, or isn't there.</returns>
    public async Task<string?> FindNamespaceUidAsync(string name, CancellationToken token)
    {
        try
        {
            V1Namespace read = await _connection.GetAsync(
                $"api/v1/namespaces/{name}", ApiJson.Default.V1Namespace, new("get", "namespaces"), token);
            return read.Metadata?.Uid;
        }
        catch (ClusterException e) when (e.Reason is "Forbidden" or "NotFound")
        {
            return null;
        }
    }

    public async Task<string> ServerVersionAsync(CancellationToken token) =>
        (await _connection.GetAsync("version", ApiJson.Default.VersionInfo, right: null, token)).GitVersion
            ?? string.Empty;

    public IRemoteExec ExecIn(string pod) => new RemoteExec(_exec, Name(pod), Namespace);

    public async ValueTask DisposeAsync()
    {
        if (!_isView)
        {
            await _connection.DisposeAsync();
        }
    }

    private static string PodsOf(string @namespace) => $"api/v1/namespaces/{Uri.EscapeDataString(@namespace)}/pods";

    private static string Name(string pod) => KubeName.IsPod(pod)
        ? pod
        : throw new ArgumentException("Kubernetes allows no such name", nameof(pod));
}

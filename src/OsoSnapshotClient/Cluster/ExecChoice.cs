namespace OsoSnapshotClient.Cluster;

/// <summary>Chooses the way to commands in containers, once for a session.</summary>
internal sealed class ExecChoice(ClusterOptions options, ClusterConnection connection, Lazy<Kubeconfig> kubeconfig)
{
    private static readonly AccessRight Get = new("get", "pods", "exec");
    private static readonly AccessRight Create = new("create", "pods", "exec");

    private ExecWay _way = options.Way;

    public async Task<IRemoteProcess> StartAsync(
        ExecTarget target, IReadOnlyList<string> command, CancellationToken token)
    {
        if (_way == ExecWay.Auto && MustUseKubectl())
        {
            _way = ExecWay.Kubectl;
        }

        if (_way == ExecWay.Kubectl)
        {
            return KubectlProcess.Start(options, target, command);
        }

        try
        {
            WebSocketProcess process = await WebSocketProcess.ConnectAsync(connection, target, command, token);
            _way = ExecWay.WebSocket;
            return process;
        }
        catch (ClusterException e) when (_way == ExecWay.Auto && !connection.IsInCluster)
        {
            if (!await CanKubectlAsync(e, target.Namespace, token))
            {
                throw;
            }

            _way = ExecWay.Kubectl;
            return KubectlProcess.Start(options, target, command);
        }
    }

    // kubectl's proxy does not send upgrades through a proxy (kubernetes#120318).
    private bool MustUseKubectl() => !connection.IsInCluster
        && (options.Variable("HTTPS_PROXY") is { Length: > 0 }
            || options.Variable("https_proxy") is { Length: > 0 }
            || kubeconfig.Value.HasProxy);

    private async Task<bool> CanKubectlAsync(ClusterException refusal, string @namespace, CancellationToken token)
    {
        if (refusal.Code == 403)
        {
            bool[] allowed = await Task.WhenAll(
                connection.IsAllowedAsync(Get, @namespace, token),
                connection.IsAllowedAsync(Create, @namespace, token));
            return allowed is [false, true]
                ? true
                : throw (allowed[1] ? refusal : refusal.WithMissing(Create));
        }

        // The API server answers other requests, so only the upgrade does not reach it.
        return connection.HasSucceeded && (refusal.IsKubectls || (refusal.Code == 0 && refusal.Reason.Length == 0));
    }
}

/// <summary>Where a command runs.</summary>
internal sealed record ExecTarget(string Namespace, string Pod, string Container);

/// <summary>Starts commands in one pod.</summary>
internal sealed class RemoteExec(ExecChoice choice, string pod, string @namespace)
    : IRemoteExec
{
    public async Task<IRemoteProcess> StartAsync(
        string container, IReadOnlyList<string> command, CancellationToken token) =>
        await choice.StartAsync(new(@namespace, pod, container), command, token);
}

using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Runs;

/// <summary>Where the metrics of runs go.</summary>
/// <param name="File">The file of <c>--metrics-file</c>; null if none is named.</param>
/// <param name="Push">The address of <c>--push</c>; null if none is named.</param>
/// <param name="Cluster">The cluster's name as the operator gives it; null for that of a backup.</param>
internal sealed record MetricsPlaces(string? File, Uri? Push, string? Cluster)
{
    /// <summary>How long a Pushgateway may take; shorter in tests.</summary>
    public TimeSpan PushLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <returns>null if there is no such place.</returns>
    /// <exception cref="ClusterException">The cluster does not answer.</exception>
    public async Task<MetricsReport?> OpenAsync(KubernetesCluster cluster, CancellationToken token)
    {
        if (File is null && Push is null)
        {
            return null;
        }

        string? name = Cluster ?? await cluster.FindNamespaceUidAsync("kube-system", token);
        return new(this, cluster, Cluster ?? (KubeName.IsLabel(name) ? name : null));
    }

    /// <summary>Brings samples to each of the places.</summary>
    /// <param name="findGone"><inheritdoc cref="MetricsFile.AddAsync" path="/param[@name='findGone']"/></param>
    /// <param name="warnings">A Pushgateway that fails is only a warning.</param>
    /// <exception cref="OperatorException">The file can't be written.</exception>
    public async Task TellAsync(
        MetricSample[] samples,
        Func<IEnumerable<PodLabels>, Task<IReadOnlySet<PodLabels>>> findGone,
        TextWriter warnings)
    {
        if (Push is not null)
        {
            using PushGateway gateway = new(Push) { Limit = PushLimit };
            if (await gateway.PushAsync(samples, findGone) is { } why)
            {
                await warnings.WriteLineAsync(
                    $"⚠️ The metrics did not reach the Pushgateway {gateway.Address}: {why}. The exit status stays."
                    + " Check --push, or OSO_SNAPSHOT_PUSH.");
            }
        }

        if (File is not null)
        {
            await MetricsFile.AddAsync(File, samples, findGone);
        }
    }
}

/// <summary>Tells the results of a verb to those who watch the backups.</summary>
internal sealed class MetricsReport(MetricsPlaces places, KubernetesCluster cluster, string? clusterName)
{
    private readonly Dictionary<PodLabels, bool> _isGone = [];

    /// <inheritdoc cref="MetricsPlaces.TellAsync"/>
    public Task TellAsync(IReadOnlyList<PodResult> results, DateTimeOffset now, TextWriter warnings)
    {
        MetricSample[] samples = [.. results.SelectMany(result => PodMetrics.Of(result, LabelsOf(result), now))];
        foreach (PodResult result in results)
        {
            _isGone[LabelsOf(result)] = false;
        }

        return places.TellAsync(samples, FindGoneAsync, warnings);
    }

    private PodLabels LabelsOf(PodResult result) => new(clusterName, result.Namespace, result.Pod);

    /// <summary>Asks for pods of earlier runs, in this cluster and in the namespaces of these results.</summary>
    private async Task<IReadOnlySet<PodLabels>> FindGoneAsync(IEnumerable<PodLabels> pods)
    {
        HashSet<string> namespaces = [.. _isGone.Keys.Select(pod => pod.Namespace)];
        HashSet<PodLabels> gone = [];
        foreach (PodLabels pod in pods.Where(
            pod => pod.Cluster == clusterName && namespaces.Contains(pod.Namespace)))
        {
            if (!_isGone.TryGetValue(pod, out bool isGone))
            {
                _isGone[pod] = isGone = await IsGoneAsync(pod);
            }

            if (isGone)
            {
                gone.Add(pod);
            }
        }

        return gone;
    }

    // One that can't be asked for may exist.
    private async Task<bool> IsGoneAsync(PodLabels pod)
    {
        if (!KubeName.IsPod(pod.Pod))
        {
            return true;
        }

        try
        {
            await cluster.InNamespace(pod.Namespace).ReadPodAsync(pod.Pod, CancellationToken.None);
            return false;
        }
        catch (ClusterException e)
        {
            return e.Reason == "NotFound";
        }
    }
}

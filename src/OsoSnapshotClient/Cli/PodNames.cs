using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Cli;

/// <summary>Finds the names of pods while a command line is typed.</summary>
internal static class PodNames
{
    // The shell waits.
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <returns>The pods of the namespace that run Prometheus; none if they can't be listed.</returns>
    public static IEnumerable<string> Find(ClusterOptions options)
    {
        try
        {
            return FindAsync(options).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is ClusterException or OperationCanceledException)
        {
            return [];
        }
    }

    private static async Task<IEnumerable<string>> FindAsync(ClusterOptions options)
    {
        using CancellationTokenSource limit = new(MaxTime);
        await using KubernetesCluster cluster = KubernetesCluster.Create(options);
        IReadOnlyList<V1Pod> pods = await cluster.ListPodsAsync(
            labelSelector: null, allNamespaces: false, limit.Token);
        return pods.Where(PrometheusContainer.IsIn).Select(pod => pod.Metadata.Name);
    }
}

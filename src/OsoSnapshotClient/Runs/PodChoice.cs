using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

/// <summary>The pods that the command line asks for.</summary>
internal sealed record PodChoice
{
    /// <summary>A pod or a workload; null if none is named.</summary>
    public string? Named { get; init; }

    /// <summary>The labels of the pods; null if none are given.</summary>
    public string? Selector { get; init; }

    /// <summary>Whether all pods that run Prometheus are meant.</summary>
    public bool IsAll { get; init; }

    public bool IsAllNamespaces { get; init; }

    /// <summary>How many pods at a time.</summary>
    public required int Parallel { get; init; }

    /// <summary>Whether exactly one pod is meant.</summary>
    public bool IsOne => Selector is null && !IsAll && !IsAllNamespaces;

    /// <summary>Finds the pods.</summary>
    /// <param name="where">The global flags as typed, for messages.</param>
    /// <exception cref="OperatorException">No pod matches, or several do where one is meant.</exception>
    /// <exception cref="ClusterException">The pods can't be listed.</exception>
    public async Task<ChosenPods> FindAsync(KubernetesCluster cluster, string where, CancellationToken token)
    {
        string space = cluster.Namespace;
        if (Named is not null)
        {
            IReadOnlyList<string> named = await cluster.ResolvePodsAsync(Named, token);
            return named.Count > 0
                ? new([.. named.Select(name => new PodPlace(space, name))], [])
                : throw Nothing($"{Printable.Short(Named)} has no pod{where}.", where);
        }

        IReadOnlyList<V1Pod> pods = await cluster.ListPodsAsync(Selector, IsAllNamespaces, token);
        V1Pod[] found = [.. pods.Where(pod => Selector is not null || PrometheusContainer.IsIn(pod))];
        PodPlace[] running = [.. found.Where(IsRunning).Select(pod => PlaceOf(pod, space))];
        string[] skipped =
        [
            .. found.Where(pod => !IsRunning(pod)).Select(pod => $"{pod.Metadata.Name} ({pod.Status.Phase})"),
        ];
        return running.Length switch
        {
            0 when skipped.Length > 0 => throw Nothing($"No pod is running: {string.Join(", ", skipped)}.", where),
            0 when Selector is not null => throw Nothing($"No pod matches '{Selector}'{where}.", where),
            0 => throw Nothing($"No pod{where} runs Prometheus.", where),
            > 1 when IsOne => throw new OperatorException(
                ExitStatus.Settings,
                $"Several pods{where} run Prometheus: {string.Join(", ", running.Select(pod => pod.Name))}.",
                "name one of them, or give --all-pods"),
            _ => new(running, skipped),
        };
    }

    private static bool IsRunning(V1Pod pod) => pod.Status.Phase is null or "Running";

    private static PodPlace PlaceOf(V1Pod pod, string space) => new(pod.Metadata.Namespace ?? space, pod.Metadata.Name);

    private static OperatorException Nothing(string problem, string where) =>
        new(ExitStatus.Settings, problem, $"see kubectl get pods --show-labels{where}");
}

/// <summary>A pod's namespace and name.</summary>
internal sealed record PodPlace(string Namespace, string Name);

/// <param name="Skipped">The pods that match but don't run, each with its phase.</param>
internal sealed record ChosenPods(IReadOnlyList<PodPlace> Pods, IReadOnlyList<string> Skipped);

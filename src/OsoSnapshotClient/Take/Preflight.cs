using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using k8s.Models;

namespace OsoSnapshotClient.Take;

/// <summary>What is known of a pod before anything is made in it.</summary>
internal sealed record Preflight(
    KubernetesCluster Cluster, PodAccess Access, V1Pod Pod, PrometheusContainer Target, string Namespace)
{
    private const string Running = "Running";

    /// <summary>What a run needs. An archive that can't be copied is useless, so it is checked first.</summary>
    private static readonly AccessRight[] Rights =
    [
        new("patch", "pods", "ephemeralcontainers"), new("create", "pods", "exec"),
    ];

    /// <exception cref="OperatorException">The run can't succeed.</exception>
    public static async Task<Preflight> RunAsync(KubernetesCluster cluster, PodAccess access, CancellationToken token)
    {
        Task<IReadOnlyList<AccessRight>> missing = cluster.FindMissingAsync(Rights, token);
        Task<string> space = cluster.NamespaceAsync(token);
        V1Pod pod = await ReadAsync(cluster, access, token);
        if (pod.Status?.Phase is { } phase && phase != Running)
        {
            throw Unreachable($"Pod {access.Pod} is {phase}, not Running: no agent can start beside Prometheus.", access);
        }

        PrometheusContainer target = PrometheusContainer.Find(pod, access.Start.Target);
        RequireRunning(pod, target.Name, access);
        try
        {
            RequireNone(await missing, access);
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, "Your rights can't be checked", access.Place);
        }

        return new(cluster, access, pod, target, await space);
    }

    /// <exception cref="OperatorException">The pod can't be read.</exception>
    public static async Task<V1Pod> ReadAsync(KubernetesCluster cluster, PodAccess access, CancellationToken token)
    {
        try
        {
            return await cluster.ReadPodAsync(access.Pod, token);
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, $"Pod {access.Pod} can't be read", access.Place);
        }
    }

    private static void RequireRunning(V1Pod pod, string target, PodAccess access)
    {
        V1ContainerStatus? status = pod.Status?.ContainerStatuses?.FirstOrDefault(one => one.Name == target);
        if (status is null)
        {
            if (pod.Spec?.Containers?.Any(one => one.Name == target) != true)
            {
                throw new OperatorException(
                    ExitStatus.Settings,
                    $"Pod {access.Pod} has no container '{target}'.",
                    $"name one of: {string.Join(' ', pod.Spec?.Containers?.Select(one => one.Name) ?? [])}");
            }

            return;
        }

        if (status.State is { Running: null } state)
        {
            string why = state.Waiting?.Reason ?? state.Terminated?.Reason ?? "no reason given";
            throw Unreachable($"Container {target} of pod {access.Pod} isn't running ({why}).", access);
        }
    }

    private static void RequireNone(IReadOnlyList<AccessRight> missing, PodAccess access)
    {
        if (missing.Count > 0)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"You may not {string.Join(", and not ", missing)}{access.Flags.Text}.",
                $"have someone grant you {string.Join(" and ", missing)}: see docker/kubernetes/README.md");
        }
    }

    private static OperatorException Unreachable(string problem, PodAccess access) => new(
        ExitStatus.TargetUnreachable, problem, $"see kubectl get pod {access.Pod}{access.Flags.Text}");
}

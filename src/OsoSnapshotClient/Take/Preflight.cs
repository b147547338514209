using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Take;

/// <summary>What is known of a pod before anything is made in it.</summary>
internal sealed record Preflight(
    KubernetesCluster Cluster, PodAccess Access, V1Pod Pod, PrometheusContainer Target, string Namespace)
{
    private const string Running = "Running";

    /// <summary>What a run needs. An archive that can't be copied is useless, so it is checked first.</summary>
    public static IReadOnlyList<AccessRight> Rights { get; } =
    [
        new("patch", "pods", "ephemeralcontainers"), new("create", "pods", "exec"),
    ];

    /// <exception cref="OperatorException">The run can't succeed.</exception>
    public static async Task<Preflight> RunAsync(KubernetesCluster cluster, PodAccess access, CancellationToken token)
    {
        access.Report.Say($"Looking at pod {access.Pod}");
        Task<IReadOnlyList<AccessRight>> missing = cluster.FindMissingAsync(Rights, token);
        V1Pod pod = await ReadAsync(cluster, access, token);
        PrometheusContainer target = RequireTarget(pod, access);
        await RequireNoneAsync(missing, access);
        return new(cluster, access, pod, target, cluster.Namespace);
    }

    /// <exception cref="OperatorException">A right is missing.</exception>
    public static Task RequireAsync(
        IReadOnlyList<AccessRight> rights, KubernetesCluster cluster, PodAccess access, CancellationToken token) =>
        RequireNoneAsync(cluster.FindMissingAsync(rights, token), access);

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

    /// <summary>Finds the container that runs Prometheus.</summary>
    /// <exception cref="OperatorException">It isn't running, or several may be it.</exception>
    public static PrometheusContainer RequireTarget(V1Pod pod, PodAccess access)
    {
        if (pod.Status.Phase is { } phase && phase != Running)
        {
            throw Unreachable(
                $"Pod {access.Pod} is {phase}, not Running: no agent can start beside Prometheus.", access);
        }

        PrometheusContainer target = PrometheusContainer.Find(pod, access.Start.Target);
        ContainerState state = pod.StateOfOwn(target.Name);
        return state.Phase is ContainerPhase.Waiting or ContainerPhase.Terminated
            ? throw Unreachable(
                $"Container {target.Name} isn't running ({(state.Reason.Length > 0 ? state.Reason : "no reason given")}).",
                access)
            : target;
    }

    private static async Task RequireNoneAsync(Task<IReadOnlyList<AccessRight>> asked, PodAccess access)
    {
        IReadOnlyList<AccessRight> missing;
        try
        {
            missing = await asked;
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, "Your rights can't be checked", access.Place);
        }

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

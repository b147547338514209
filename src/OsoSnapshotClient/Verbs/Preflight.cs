using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Verbs;

/// <summary>Checks all that it can before anything is made. The calls run together, because each takes long.</summary>
/// <param name="Access">The access with the options that this kubectl knows, and the pod's containers.</param>
internal sealed record Preflight(PodAccess Access, Pod Pod, PrometheusContainer Target)
{
    /// <exception cref="OsoSnapshotCore.OperatorException">The run can't succeed.</exception>
    public static async Task<Preflight> RunAsync(
        PodAccess access, PodWatch watch, bool needsRights, CancellationToken token)
    {
        Task<StartOptions> options = KubectlCheck.OptionsAsync(access, token);
        Task rights = needsRights ? KubectlCheck.RightsAsync(access, token) : Task.CompletedTask;
        Task<Pod> pod = ReadAsync(access, watch, token);
        await Task.WhenAll(options, rights, pod);
        return new(
            access with
            {
                Start = await options,
                ContainerNames = string.Join(' ', (await pod).Spec.Containers.Select(container => container.Name)),
            },
            await pod,
            PrometheusContainer.Find(await pod, access.Start.Target));
    }

    /// <exception cref="OsoSnapshotCore.OperatorException">The pod can't be read.</exception>
    public static async Task<Pod> ReadAsync(PodAccess access, PodWatch watch, CancellationToken token)
    {
        (Pod? pod, KubectlAnswer? failure) = await watch.StartAsync(token);
        return pod ?? throw ClusterErrors.Explain(failure!, $"Pod {access.Pod} can't be read", access);
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Runs;

/// <summary>Has the agent remove its own files and all snapshots from the volume.</summary>
/// <param name="endsResidents">Whether the containers that stay for later runs are ended too.</param>
internal sealed class RemoveRun(KubernetesCluster cluster, PodAccess access, bool endsResidents)
{
    /// <exception cref="OperatorException">Not everything is removed, or the result is unknown.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        Preflight preflight = await Preflight.RunAsync(cluster, access, token);
        AgentStart start = new(cluster, access, preflight.Pod, preflight.Target.Name);
        StartRequest request = new()
        {
            Run = AgentStart.NewName(),
            Kind = RunKinds.Remove,
            Settings = access.Start.Settings,
        };
        try
        {
            RunStatus status = await start.RunAsync(
                request, staysAfter: false, (_, _) => { }, status => status.End is { ExitStatus: 0 }, token);
            access.Report.Say($"✅ {access.Pod}: {status.End!.Message}");
        }
        finally
        {
            await (start.Run?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        if (endsResidents)
        {
            V1Pod pod = await Preflight.ReadAsync(cluster, access, token);
            await new ResidentAgents(access, pod, preflight.Target.Name).EndAsync(token);
        }

        return new(access.Pod, 0);
    }
}

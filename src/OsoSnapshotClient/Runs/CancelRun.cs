using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Runs;

/// <summary>Ends the runs in a pod, at any phase.</summary>
internal sealed class CancelRun(KubernetesCluster cluster, PodAccess access)
{
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        V1Pod pod = await Preflight.ReadAsync(cluster, access, token);
        string[] running =
        [
            .. pod.AgentContainers().Where(name => pod.StateOf(name).Phase == ContainerPhase.Running),
        ];
        bool[] ended = await Task.WhenAll(running.Select(name => EndAsync(new(access, name), token)));
        if (!ended.Contains(true))
        {
            access.Report.Say($"No agent runs in pod {access.Pod}");
        }

        return new(access.Pod, 0);
    }

    /// <returns>Whether there was a run.</returns>
    private async Task<bool> EndAsync(RemoteAgent agent, CancellationToken token)
    {
        RemoteAnswer answer = await agent.AskAsync(["status", "--json"], token);
        if (answer.ExitCode == (int)ExitStatus.Done)
        {
            if (!AgentAnswers.Status(answer.Output, access).IsAtWork())
            {
                return false;
            }

            access.Report.Say($"Ending the run in container {agent.Container} of pod {access.Pod}");
            RunEnd? end = await AgentCancel.RunAsync(agent, RemoteAgent.Self, token);
            access.Report.Say(
                $"✅ The run in container {agent.Container} has ended"
                + (end is null ? string.Empty : $" with status {end.ExitStatus}: {end.Message}")
                + (PodExtensions.IsResident(agent.Container) ? "; the container stays" : string.Empty));
            return true;
        }

        access.Report.Warn(
            $"⚠️ Container {agent.Container} is left as it is, because no agent answers in it: {answer.ErrorText}");
        return false;
    }
}

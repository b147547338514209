using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Verbs;

/// <summary>Ends the runs in a pod, at any phase.</summary>
internal sealed class CancelRun(PodAccess access)
{
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        Pod pod = await Preflight.ReadAsync(access, watch, token);
        string[] running =
        [
            .. pod.AgentContainers().Where(name => pod.StateOf(name).Phase == ContainerPhase.Running),
        ];
        foreach (string name in running)
        {
            access.Report.Say($"Ending container {name} of pod {access.Pod}");
            AgentContainer agent = new(access, watch, name, string.Empty);
            AgentState end = await AgentCancel.RunAsync(agent, token);
            string message = end.Message.Length > 0 ? $": {end.Message}" : string.Empty;
            access.Report.Say($"✅ It ended with status {end.ExitCode}{message}");
        }

        if (running.Length == 0)
        {
            access.Report.Say($"No agent runs in pod {access.Pod}");
        }

        return new(access.Pod, 0);
    }
}

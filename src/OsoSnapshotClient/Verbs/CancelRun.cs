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
        int idle = 0;
        foreach (string name in running)
        {
            AgentContainer agent = new(access, watch, name, startBefore: null);
            if (!Pod.IsResident(name))
            {
                access.Report.Say($"Ending container {name} of pod {access.Pod}");
                AgentState end = await AgentCancel.RunAsync(agent, token);
                string message = end.Message.Length > 0 ? $": {end.Message}" : string.Empty;
                access.Report.Say($"✅ Container {name} ended with status {end.ExitCode}{message}");
            }
            else if (await ResidentRun.ReadRunAsync(agent, token) is { Length: > 0 } run)
            {
                access.Report.Say($"Ending the run in container {name} of pod {access.Pod}");
                await AgentCancel.RunAsync(new ResidentRun(access, watch, name, run), token);
                access.Report.Say("✅ The run has ended; the container stays");
            }
            else
            {
                idle++;
            }
        }

        if (running.Length == idle)
        {
            access.Report.Say($"No agent runs in pod {access.Pod}");
        }

        return new(access.Pod, 0);
    }
}

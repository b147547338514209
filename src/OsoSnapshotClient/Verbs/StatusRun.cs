using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Verbs;

/// <summary>Shows how far the runs in a pod are.</summary>
/// <param name="output">Standard output; all lines of a pod are written with one call.</param>
/// <param name="showsAll">Whether all runs that have ended are shown, not only the last one.</param>
internal sealed class StatusRun(PodAccess access, TextWriter output, bool showsAll)
{
    // An agent's status has a line for each value, and one for each problem.
    private const int MaxLines = 1000;

    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        Pod pod = await Preflight.ReadAsync(access, watch, token);
        (string Name, AgentState State)[] all = [.. pod.AgentContainers().Select(name => (name, pod.StateOf(name)))];
        string? last = all.LastOrDefault(one => one.State.HasEnded).Name;
        List<string> lines = [];
        foreach ((string name, AgentState state) in all.Where(
            one => showsAll || !one.State.HasEnded || one.Name == last))
        {
            lines.Add($"{access.Pod}  {name}  {Describe(state)}");
            if (state.Phase == ContainerPhase.Running)
            {
                KubectlAnswer answer = await access.Kubectl.RunAsync(
                    access.Exec(name, "oso-snapshot", "status"), token);
                lines.AddRange(answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(MaxLines)
                    .Select(line => "    " + line));
                if (answer.ExitCode == (int)ExitStatus.TargetUnreachable && Pod.IsResident(name))
                {
                    lines.Add("    idle: it stays for later runs");
                }
            }
        }

        if (all.Length == 0)
        {
            // Find fails for a pod without Prometheus, which the operator has named by mistake.
            _ = PrometheusContainer.Find(pod, access.Start.Target);
            lines.Add($"{access.Pod}  no run in this pod");
        }

        await output.WriteAsync(string.Concat(lines.Select(line => line + "\n")));
        return new(access.Pod, 0);
    }

    private static string Describe(AgentState state)
    {
        string text = state.Phase switch
        {
            ContainerPhase.Terminated => $"terminated with status {state.ExitCode}",
            ContainerPhase.Running => "running",
            ContainerPhase.Waiting => "waiting",
            _ => "starting",
        };
        text += state.Reason.Length > 0 ? $": {state.Reason}" : string.Empty;
        return state.Message.Length > 0 ? $"{text} ({state.Message})" : text;
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Runs;

/// <summary>Shows how far the runs in a pod are.</summary>
/// <param name="output">Standard output; all lines of a pod are written with one call.</param>
/// <param name="showsAll">Whether all runs that have ended are shown, not only the last one.</param>
internal sealed class StatusRun(KubernetesCluster cluster, PodAccess access, TextWriter output, bool showsAll)
{
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        V1Pod pod = await Preflight.ReadAsync(cluster, access, token);
        (string Name, ContainerState State)[] all =
            [.. pod.AgentContainers().Select(name => (name, pod.StateOf(name)))];
        string? last = all.LastOrDefault(one => one.State.HasEnded).Name;
        (string Name, ContainerState State)[] shown =
            [.. all.Where(one => showsAll || !one.State.HasEnded || one.Name == last)];
        (IReadOnlyList<string> Lines, bool IsKnown)[] told =
            await Task.WhenAll(shown.Select(one => DescribeAsync(one.Name, one.State, token)));
        List<string> lines = [.. told.SelectMany(one => one.Lines)];
        if (all.Length == 0)
        {
            // Find fails for a pod without Prometheus, which the operator has named by mistake.
            _ = PrometheusContainer.Find(pod, access.Start.Target);
            lines.Add($"{access.Pod}  no run in this pod");
        }

        await output.WriteAsync(string.Concat(lines.Select(line => line + "\n")));
        return new(access.Pod, (int)(told.All(one => one.IsKnown) ? ExitStatus.Done : ClientStatus.Failed));
    }

    /// <returns>The lines about one container, and whether its state could be found out.</returns>
    private async Task<(IReadOnlyList<string> Lines, bool IsKnown)> DescribeAsync(
        string name, ContainerState state, CancellationToken token)
    {
        List<string> lines = [$"{access.Pod}  {name}  {Describe(state)}"];
        if (state.Phase != ContainerPhase.Running)
        {
            return (lines, true);
        }

        RemoteAnswer answer = await new RemoteAgent(access, name).AskAsync(["status", "--json"], token);
        if (answer.ExitCode != 0)
        {
            lines.Add($"    unknown: no agent answers: {answer.ErrorText}");
            return (lines, false);
        }

        RunStatus status = AgentAnswers.Status(answer.Output, access);
        lines.AddRange(StatusLines.Of(status).Select(line => "    " + line));
        if (PodExtensions.IsResident(name) && !status.IsAtWork())
        {
            lines.Add("    idle: it stays for later runs");
        }

        return (lines, true);
    }

    private static string Describe(ContainerState state)
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

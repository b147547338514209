using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>Tells whether an agent was killed because Prometheus' container ended: they share processes.</summary>
internal static class TargetEnd
{
    // 128 + SIGKILL: the kernel kills a process namespace together with its first process.
    private const int Killed = 137;
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <returns>A sentence for the end of a message; empty if the agent was not killed that way.</returns>
    public static string Describe(Pod? pod, AgentState state)
    {
        DateTimeOffset? agentEnd = pod?.Status.EphemeralContainerStatuses?
            .Select(status => status.State?.Terminated?.FinishedAt).Max();
        if (state.ExitCode != Killed || agentEnd is null)
        {
            return string.Empty;
        }

        var ends =
            from status in pod!.Status.ContainerStatuses ?? []
            let end = status.LastState?.Terminated ?? status.State?.Terminated
            where end?.FinishedAt is { } at && (agentEnd.Value - at).Duration() < Recent
            select $" Container {status.Name} of the pod ended at {UtcTime.Format(end.FinishedAt!.Value)}"
                + $" ({end.Reason ?? "no reason given"}, status {end.ExitCode}), and the agent with it.";
        return ends.FirstOrDefault(string.Empty);
    }
}

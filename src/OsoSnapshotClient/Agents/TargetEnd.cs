using OsoSnapshotClient.Cluster;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>Tells whether an agent was killed because Prometheus' container ended: they share processes.</summary>
internal static class TargetEnd
{
    // 128 + SIGKILL: the kernel kills a process namespace together with its first process.
    private const int Killed = 137;
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <param name="exitStatus">The agent's.</param>
    /// <param name="endedAt">When the agent ended.</param>
    /// <returns>A sentence for the end of a message; empty if the agent was not killed that way.</returns>
    public static string Describe(V1Pod? pod, int exitStatus, DateTimeOffset endedAt)
    {
        if (exitStatus != Killed)
        {
            return string.Empty;
        }

        var ends =
            from status in pod?.Status.ContainerStatuses ?? []
            from end in new[] { status.State?.Terminated, status.LastState?.Terminated }
            where end?.FinishedAt is { } at && (endedAt - at).Duration() < Recent
            orderby end.FinishedAt descending
            select $" Container {status.Name} of the pod ended at {UtcTime.Format(end.FinishedAt!.Value)}"
                + $" ({end.Reason ?? "no reason given"}, status {end.ExitCode}), and the agent with it.";
        return ends.FirstOrDefault(string.Empty);
    }
}

using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>Waits until the agent holds a finished archive.</summary>
internal static class ArchiveWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <param name="isAdopted">True if an earlier run started the agent: its archive may be finished already.</param>
    /// <param name="hasArchive">False for an agent that holds only a snapshot.</param>
    /// <returns>The agent's status, with the archive's size and SHA-256.</returns>
    /// <exception cref="NotResumableException">The agent ended before it held the archive.</exception>
    public static async Task<RunStatus> RunAsync(
        AgentContainer agent, bool isAdopted, CancellationToken token, bool hasArchive = true)
    {
        agent.Log.Follow();
        AnswerTimeout timeout = new(agent.Access.Report);
        for (bool isFirst = true; ; isFirst = false)
        {
            // The log shows the hold at once. A status costs a call of kubectl, but shows the progress before the hold.
            if (!isFirst || !isAdopted)
            {
                bool isKnown = agent.Log.Holds.IsCompleted;
                Task<AgentState?> end = agent.AwaitEndAsync(Interval, token);
                await (isKnown ? (Task)end : Task.WhenAny(agent.Log.Holds, end));
                token.ThrowIfCancellationRequested();
            }

            KubectlAnswer answer = await agent.AskAsync(["status", "--json"], token);
            if (answer.IsSuccess && AgentAnswers.Status(answer, agent.Access) is var status && IsOf(agent, status))
            {
                timeout.Reset();
                agent.Access.Report.Advance(Describe(status));
                if (status.Phase == PhaseNames.Of(Phase.HoldForCopy))
                {
                    await agent.Log.StopAsync();
                    agent.Access.Report.Pause();
                    return !hasArchive || status is { Sha256: not null, ArchiveBytes: not null }
                        ? status
                        : throw AgentAnswers.Unreadable(answer.Output);
                }
            }
            else if (await agent.ReadStateAsync(token) is { HasEnded: true } end)
            {
                throw await agent.FailureAsync(end, token);
            }

            timeout.Check(answer);
        }
    }

    // In a container that stays, another client may have started a run at the same moment.
    private static bool IsOf(AgentContainer agent, RunStatus status) =>
        status.Client is null || status.Client == agent.Run;

    private static PodProgress Describe(RunStatus status) => status.Phase switch
    {
        "capture-snapshot" => new("Prometheus makes the snapshot", 0, null),
        "archive-snapshot" => new("archiving", status.ArchiveBytes ?? 0, null),
        _ => new(status.Phase, 0, null),
    };
}

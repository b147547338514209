using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>Ends a run in any phase. The agent removes what it has made.</summary>
internal static class AgentCancel
{
    /// <param name="client">The run's name for its own client; otherwise who asks.</param>
    /// <returns>How the run ended; null if there was none.</returns>
    /// <exception cref="OperatorException">The run could not be ended.</exception>
    public static async Task<RunEnd?> RunAsync(RemoteAgent agent, string client, CancellationToken token)
    {
        (ControlAnswer? answer, RemoteAnswer raw) = await agent.ControlAsync(
            ["cancel", "--client", client, "--json"], token);
        return answer is { ExitStatus: (int)ExitStatus.Done } ? answer.Run?.End : throw new OperatorException(
            ClientStatus.Failed,
            $"The run in container {agent.Container} of pod {agent.Access.Pod} could not be ended:"
            + $" {answer?.Problem ?? raw.ErrorText}",
            answer?.Remedy ?? $"see {agent.Access.LogCommand(agent.Container)}");
    }
}

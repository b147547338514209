using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Ends the agent's hold. Only the agent's own answer counts: kubectl exec may return 0 for a broken stream, and a
/// container that has ended may have been killed at work.
/// </summary>
internal sealed class AgentRelease(AgentContainer agent, bool isKept)
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <exception cref="OperatorException">The agent gave no answer: what is left on the volume is unknown.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        (bool isAnswered, AgentState? state, string error) = await AskAsync(token);
        PodAccess access = agent.Access;
        if (!isAnswered && state is { HasEnded: true } && !isKept)
        {
            throw new NotResumableException(
                ClientStatus.Failed,
                $"The copy is right, but the container ended (status {state.ExitCode}) without an answer: what the agent"
                + " has removed is unknown.",
                $"{access.Command("remove")} has the agent remove its own files and all snapshots");
        }

        if (!isAnswered && state is not { HasEnded: true })
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The copy is right, but the container could not be released: {error}",
                isKept
                    ? $"the container ends by itself after its hold; {access.Command("status")} shows it"
                    : $"{access.Command("remove")} has the agent remove its own files and all snapshots");
        }

        await agent.AwaitEndAsync(EndLimit, token);
        access.Report.Say(
            isKept
                ? "✅ Released; the archive stays on the volume"
                : "✅ Released; the agent has removed this run's files and all snapshots");
    }

    private async Task<(bool IsAnswered, AgentState? State, string Error)> AskAsync(CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            KubectlAnswer answer = await agent.AskAsync(isKept ? ["release"] : ["release", "--remove"], token);
            if (answer.Output.Contains("The hold ends", StringComparison.Ordinal))
            {
                return (true, null, string.Empty);
            }

            AgentState? state = await agent.ReadStateAsync(token);
            if (state is { HasEnded: true } || attempt == MaxAttempts)
            {
                return (false, state, answer.ErrorText);
            }

            await Task.Delay(TimeSpan.FromSeconds(attempt), token);
        }
    }
}

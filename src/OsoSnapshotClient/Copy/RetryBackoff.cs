using OsoSnapshotClient.Agents;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Copy;

/// <summary>Pauses after attempts that brought no byte, longer each time, and fails after too many.</summary>
/// <param name="hold">The maximum time that the agent waits for the copy.</param>
/// <param name="first">The first pause.</param>
internal sealed class RetryBackoff(AgentContainer agent, string hold, TimeSpan first)
{
    private const int MaxFruitless = 8;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <param name="fruitless">How many attempts in a row brought nothing.</param>
    /// <param name="error">What kubectl printed about the last attempt.</param>
    /// <param name="doneBytes">The number of bytes after which the copy would resume.</param>
    /// <exception cref="NotResumableException">The container has ended.</exception>
    /// <exception cref="OperatorException">Too many attempts brought nothing.</exception>
    public async Task WaitAsync(int fruitless, string error, long doneBytes, CancellationToken token)
    {
        if (await agent.ReadStateAsync(token) is { } state && state.Phase != Kubectl.ContainerPhase.Running)
        {
            throw await EndedAsync(state, token);
        }

        if (fruitless >= MaxFruitless)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"No byte came in {fruitless} attempts: {error}",
                $"the container waits ({hold} at most): run the same command again to resume the copy after"
                + $" {ByteSize.Format(doneBytes)}");
        }

        TimeSpan pause = first * Math.Pow(2, fruitless - 1);
        await Task.Delay(pause < MaxPause ? pause : MaxPause, token);
    }

    private async Task<OperatorException> EndedAsync(Kubectl.AgentState state, CancellationToken token)
    {
        string status = state.HasEnded ? $"status {state.ExitCode}" : "no status";
        string cause = await agent.DescribeTargetEndAsync(state, token);
        return new NotResumableException(
            ClientStatus.Failed,
            $"The container ended before the copy was whole ({status}): {state.Message}{cause}",
            AgentContainer.Again);
    }
}

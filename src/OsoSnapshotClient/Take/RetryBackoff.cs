using OsoSnapshotClient.Agents;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Take;

/// <summary>Pauses after attempts that brought no byte, longer each time, and fails after too many.</summary>
internal sealed class RetryBackoff(AgentRun run, CopyOptions options)
{
    /// <summary>How many attempts in a row may bring nothing.</summary>
    public const int MaxFruitless = 8;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <param name="fruitless">How many attempts in a row brought nothing.</param>
    /// <param name="error">What the last attempt told.</param>
    /// <param name="remedy">How a later command continues.</param>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    /// <exception cref="OperatorException">Too many attempts brought nothing.</exception>
    public async Task WaitAsync(int fruitless, string error, string remedy, CancellationToken token)
    {
        await run.ThrowIfEndedAsync(token);
        if (fruitless >= MaxFruitless)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"No byte came in {fruitless} attempts: {error}",
                remedy);
        }

        TimeSpan pause = options.Pause * Math.Pow(2, fruitless - 1);
        await Task.Delay(pause < MaxPause ? pause : MaxPause, token);
    }
}

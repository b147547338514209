using OsoSnapshot.Formats;
using OsoSnapshotClient.Agents;

namespace OsoSnapshotClient.Verbs;

/// <summary>What is done after a signal or a failure, which must not take long.</summary>
internal static class Interruption
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Ends a container that no later run can continue.</summary>
    public static async Task GiveUpAsync(AgentContainer agent, bool isKept)
    {
        bool isDone = await LimitAsync(limit => isKept
            ? new AgentRelease(agent, isKept).RunAsync(limit)
            : AgentCancel.RunAsync(agent, limit));
        if (!isDone)
        {
            agent.Access.Report.Warn(
                $"Container {agent.Name} of pod {agent.Access.Pod} may still be running:"
                + $" {agent.Access.Command("remove")}");
        }
    }

    /// <returns>False where it failed, or took too long.</returns>
    public static async Task<bool> LimitAsync(Func<CancellationToken, Task> action)
    {
        using CancellationTokenSource limit = new(Limit);
        try
        {
            await action(limit.Token);
            return true;
        }
        catch (Exception e) when (e is OperatorException or OperationCanceledException)
        {
            return false;
        }
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Verbs;

/// <summary>The steps after a signal or a failure, which must not take long.</summary>
internal static class Interruption
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CancelOffer = TimeSpan.FromSeconds(3);

    /// <summary>Ends a container that no later run can continue.</summary>
    public static async Task GiveUpAsync(AgentContainer agent, bool isKept)
    {
        bool isDone = await LimitAsync(limit => isKept
            ? new AgentRelease(agent, isKept).RunAsync(limit)
            : AgentCancel.RunAsync(agent, limit));
        if (!isDone)
        {
            agent.Access.Report.Warn(
                $"Container {agent.Name} of pod {agent.Access.Pod} may still be running."
                + $" {agent.Access.Command("remove")} has the agent remove its own files and all snapshots");
        }
    }

    /// <summary>Offers to give up, with a second Ctrl-C, what a later run could continue.</summary>
    /// <param name="output">The output, whose note is deleted in that case.</param>
    public static async Task OfferCancelAsync(AgentContainer agent, CopyOutput output, EndSignal signal)
    {
        if (!EndSignal.IsAtTerminal || signal.Status != ExitStatus.Interrupted)
        {
            return;
        }

        IPodReport report = agent.Access.Report;
        report.Warn($"  Ctrl-C again within {CancelOffer.TotalSeconds:0} s gives the run up now.");
        if (await Task.WhenAny(signal.Again, Task.Delay(CancelOffer)) == signal.Again)
        {
            report.Warn($"Ending container {agent.Name} …");
            await GiveUpAsync(agent, isKept: false);
            output.Forget();
        }
    }

    /// <returns>False if the action failed or took too long.</returns>
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

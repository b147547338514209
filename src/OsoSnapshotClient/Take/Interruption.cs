using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Take;

/// <summary>Says what an interruption leaves, and takes back what no later run can continue.</summary>
internal sealed class Interruption(AgentStart start, TakeOptions take, ICarrier carrier, EndSignal signal)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CancelOffer = TimeSpan.FromSeconds(3);

    /// <param name="isCarried">Whether the copy is complete.</param>
    public async Task TellAsync(bool isCarried)
    {
        if (start.Agent is not { } agent)
        {
            return;
        }

        (PodAccess access, IPodReport report) = (agent.Access, agent.Access.Report);
        report.Pause();
        if (start.Run is null)
        {
            report.Warn(
                $"Interrupted. Container {agent.Container} was asked for and told nothing: it touches nothing, and ends"
                + " by itself.");
            await DropAsync();
        }
        else if (isCarried)
        {
            string again = carrier.Note is null ? string.Empty : " run the same command again, or";
            report.Warn(
                $"Interrupted. {carrier.Name} is complete, but container {agent.Container} of pod {access.Pod} still"
                + $" waits:{again} {access.RemoveCommand()}");
        }
        else if (!carrier.IsResumable)
        {
            report.Warn(carrier.Note is null
                ? "Interrupted. What went to standard output is not the archive: ending the run."
                : "Interrupted. The partial copy is deleted, because a stream can't be resumed: ending the run.");
            await DropAsync();
        }
        else
        {
            report.Warn(
                $"Interrupted. Container {agent.Container} of pod {access.Pod} is still running and waits at most"
                + $" {take.Copy.Hold} for the copy.\n"
                + "  continue:  run the same command again (what was copied stays)\n"
                + $"  give up:   {access.Command("cancel")}");
            await OfferCancelAsync();
        }
    }

    /// <summary>Ends a run that no later client can continue, or a container that was told nothing.</summary>
    public static async Task GiveUpAsync(AgentStart start)
    {
        if (start.Agent is not { } agent || start.Run is { End: not null })
        {
            return;
        }

        using CancellationTokenSource limit = new(Limit);
        try
        {
            // The agent may have begun a run whose answer never came here, or another client's.
            bool hasBegun = start.Run is not null
                || (await agent.StatusAsync(limit.Token))?.IsAtWork(start.RunName) == true;
            await (hasBegun
                ? AgentCancel.RunAsync(agent, start.RunName!, limit.Token)
                : (Task)agent.AskAsync(["quit"], limit.Token));
        }
        catch (Exception e) when (e is OperatorException or OperationCanceledException)
        {
            agent.Access.Report.Warn(
                $"Container {agent.Container} of pod {agent.Access.Pod} may still be running."
                + $" {agent.Access.RemoveCommand()} has the agent remove its own files and all snapshots");
        }
    }

    private async Task DropAsync()
    {
        await GiveUpAsync(start);
        carrier.Note?.Forget();
    }

    /// <summary>Offers to give up, with a second Ctrl-C, what a later run could continue.</summary>
    private async Task OfferCancelAsync()
    {
        if (!EndSignal.IsAtTerminal || signal.Status != ExitStatus.Interrupted)
        {
            return;
        }

        IPodReport report = start.Agent!.Access.Report;
        report.Warn($"  Ctrl-C again within {CancelOffer.TotalSeconds:0} s gives the run up now.");
        if (await Task.WhenAny(signal.Again, Task.Delay(CancelOffer)) == signal.Again)
        {
            report.Warn($"Ending the run in container {start.Agent.Container} …");
            await DropAsync();
        }
    }
}

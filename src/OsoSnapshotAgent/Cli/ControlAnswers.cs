using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>What the agent answers to each verb, and does for it.</summary>
/// <param name="stop">Ends a removal when the process ends.</param>
internal sealed class ControlAnswers(IAgent agent, TimeSpan progressInterval, CancellationToken stop)
{
    /// <param name="send">Gets the progress.</param>
    public Task<ControlAnswer> ObeyAsync(ControlRequest request, Func<ControlAnswer, Task> send) => request.Verb switch
    {
        _ when request.Argument is { } client && !StartRequest.IsName(client) => Task.FromResult(Unknown(request)),
        ControlRequest.Status => Task.FromResult(Describe()),
        ControlRequest.Settings => Task.FromResult(Describe() with { Settings = agent.Run?.Settings }),
        ControlRequest.Quit => Task.FromResult(agent.Quit(evenIfResident: true)),
        ControlRequest.Release => Task.FromResult(Release(request.Argument)),
        ControlRequest.Remove => RemoveAsync(request.Argument, send),
        ControlRequest.Cancel => CancelAsync(request.Argument, send),
        _ => Task.FromResult(Unknown(request)),
    };

    private static ControlAnswer Unknown(ControlRequest request) => Refuse(
        $"The request '{Printable.Short(request.ToString())}' is unknown to oso-snapshot {ProductVersion.Text}.",
        "Use the program of the same image.");

    public static ControlAnswer Refuse(string problem, string remedy) =>
        new() { ExitStatus = (int)ExitStatus.Busy, Problem = problem, Remedy = remedy };

    private ControlAnswer Describe() => new() { Run = agent.Describe(), IsWaiting = agent.IsWaiting };

    private ControlAnswer NotHolding() => agent.Run?.State.Hold.IsRemoving == true
        ? Refuse("A removal is at work already.", "Ask again after that removal.")
        : Refuse(
            $"The agent does not wait for the copy yet: it is at {agent.Describe().Phase}.",
            "Ask again when oso-snapshot status says hold-for-copy.");

    private ControlAnswer Release(string? client)
    {
        if (agent.Run is not { State: { Hold.IsHolding: true } state })
        {
            return NotHolding();
        }

        state.EndFor(client);
        state.Hold.Release();
        return new() { Run = state.Describe() };
    }

    private async Task<ControlAnswer> RemoveAsync(string? client, Func<ControlAnswer, Task> send)
    {
        if (agent.Run is not { State: { } state } || HeldRemoval.TryBegin(state.Hold) is not { } removal)
        {
            return NotHolding();
        }

        Task<ControlAnswer> removing = Task.Run(() => Remove(removal, state, client), CancellationToken.None);
        await TellAsync(removing, send, () =>
            $"removing: {Plural.Of(removal.DeletedEntries, "file")} and directories so far");
        return await removing;
    }

    private ControlAnswer Remove(HeldRemoval removal, RunState state, string? client)
    {
        // The run continues as soon as the removal has ended the hold.
        RunStatus held = state.Describe();
        try
        {
            return new() { Run = held, Removed = removal.Run(stop, () => state.EndFor(client)) };
        }
        catch (OperatorException e)
        {
            return new() { ExitStatus = (int)e.Status, Problem = e.Message, Remedy = e.Remedy };
        }
    }

    private async Task<ControlAnswer> CancelAsync(string? client, Func<ControlAnswer, Task> send)
    {
        if (agent.Run is not { State: { HasEnded: false } state } run)
        {
            agent.Quit(evenIfResident: false);
            return Describe();
        }

        state.EndFor(client);
        run.Signals.Cancel(state.EndedBy);
        await TellAsync(AwaitEndAsync(state), send, () => $"cancelling: at {state.Describe().Phase}");
        return Describe();
    }

    private async Task AwaitEndAsync(RunState state)
    {
        while (true)
        {
            Task changed = agent.Changes.Next;
            if (state.HasEnded)
            {
                return;
            }

            await changed;
        }
    }

    private async Task TellAsync(Task work, Func<ControlAnswer, Task> send, Func<string> progress)
    {
        while (await Task.WhenAny(work, Task.Delay(progressInterval, CancellationToken.None)) != work)
        {
            await send(new() { Progress = progress() });
        }
    }
}

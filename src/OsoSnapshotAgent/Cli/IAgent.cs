using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>What the verbs of a container ask: the one run of a debug container, or an agent that waits.</summary>
internal interface IAgent
{
    /// <summary>Whether it runs what <c>start</c> asks for.</summary>
    bool IsWaiting { get; }

    /// <summary>The run at work, or the last one; null if none has begun.</summary>
    LiveRun? Run { get; }

    /// <summary>Tells every change of the agent and its run.</summary>
    ChangeSignal Changes { get; }

    RunStatus Describe();

    /// <returns>How a run ended that others have followed; null if no such run is known.</returns>
    RunStatus? Earlier(string run);

    /// <summary>Notes that a client has asked something.</summary>
    void Touch();

    ControlAnswer Start(ReadOnlySpan<byte> request);

    /// <summary>Ends an agent without a run at work.</summary>
    /// <param name="evenIfResident">Whether a resident agent ends too.</param>
    ControlAnswer Quit(bool evenIfResident);
}

/// <summary>A debug container that runs what its environment asks for.</summary>
internal sealed class SoleRun(LiveRun run, ChangeSignal changes) : IAgent
{
    public bool IsWaiting => false;

    public LiveRun Run => run;

    public ChangeSignal Changes => changes;

    public RunStatus Describe() => run.State.Describe();

    public RunStatus? Earlier(string run) => null;

    public void Touch()
    {
        // Its end depends on the run alone.
    }

    public ControlAnswer Start(ReadOnlySpan<byte> request) => AtWork();

    public ControlAnswer Quit(bool evenIfResident) => AtWork();

    private ControlAnswer AtWork() => new()
    {
        ExitStatus = (int)ExitStatus.Busy,
        Problem = "The agent of this container runs what its environment asked for, and nothing else.",
        Remedy = "Wait for its end. Or end it: oso-snapshot release, oso-snapshot cancel.",
        Run = Describe(),
    };
}

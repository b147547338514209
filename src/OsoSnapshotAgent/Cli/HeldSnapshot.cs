using OsoSnapshotAgent.Archiving;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>The snapshot that the agent of this container holds.</summary>
internal static class HeldSnapshot
{
    /// <summary>Asks the agent which snapshot it holds, and opens it.</summary>
    /// <exception cref="OperatorException">No agent answers, it holds no snapshot, or the snapshot is no longer a
    /// directory.</exception>
    public static SnapshotBlocks Open()
    {
        ControlAnswer answer = AgentCall.Ask(ControlRequest.Status);
        if (answer.Problem is { } problem)
        {
            throw new OperatorException((ExitStatus)answer.ExitStatus, problem, answer.Remedy ?? string.Empty);
        }

        bool isHolding = answer.Run?.Phase == PhaseNames.Of(Phase.HoldForCopy);
        return isHolding && SnapshotName.TryParse(answer.Run!.Snapshot, out SnapshotName? name)
            ? new(Discovery.FindTarget(), name, answer.Run.HeadBlock)
            : throw new OperatorException(
                ExitStatus.Busy,
                $"The agent holds no snapshot yet: it is at {answer.Run?.Phase}.",
                "Ask again when oso-snapshot status says hold-for-copy.");
    }
}

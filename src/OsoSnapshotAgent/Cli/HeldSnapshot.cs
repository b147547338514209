using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>The snapshot that the agent of this container holds, with its directory open.</summary>
internal sealed class HeldSnapshot : IDisposable
{
    private readonly TargetContainer _target;

    /// <exception cref="OperatorException">The snapshot is no longer a directory.</exception>
    public HeldSnapshot(TargetContainer target, SnapshotName name, string? headBlock)
    {
        _target = target;
        Directory = SnapshotTree.Open(target.Data, name);
        HeadBlock = headBlock;
    }

    public DirectoryHandle Directory { get; }

    /// <summary>null if no Prometheus process can be seen.</summary>
    public int? PrometheusPid => _target.Prometheus?.Pid;

    /// <summary>The block that was made of the in-memory head; null if there is none.</summary>
    public string? HeadBlock { get; }

    /// <summary>Asks the agent which snapshot it holds, and opens it.</summary>
    /// <exception cref="OperatorException">No agent answers, or it holds no snapshot.</exception>
    public static HeldSnapshot Find()
    {
        ControlAnswer answer = ControlCommands.Ask(ControlSocket.EndPoint, ControlServer.Status, _ => { });
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

    public void Dispose()
    {
        Directory.Dispose();
        _target.Dispose();
    }
}

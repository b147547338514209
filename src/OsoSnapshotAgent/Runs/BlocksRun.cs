using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// OSO_SNAPSHOT_ARCHIVE=no: Prometheus makes a snapshot, and the operator's client copies the blocks that it lacks.
/// </summary>
internal sealed class BlocksRun(
    RunOpener opener,
    PrometheusConnector connector,
    Preflight preflight,
    RoomCheck room,
    EarlierArtefacts earlier,
    SnapshotCapture capture,
    HoldForCopy hold,
    Transcript transcript)
{
    public async Task<RunResult> RunAsync(UndoStack undo, CancellationToken token)
    {
        using OpenTarget open = opener.ForArchive();
        using UndoStack takesBack = undo;
        TargetContainer target = open.Target;
        using PrometheusClient client = connector.Connect(target);
        PrometheusServer server = await preflight.RunAsync(client, target, token);
        room.RequireForSnapshot(target.Data);
        earlier.DeleteWhereProven(target, EarlierArchiveFate.Stays, token);
        CapturedSnapshot snapshot = await capture.RunAsync(client, server, target, open.Lock, undo, token);
        earlier.DeleteWhereNowProven(target, EarlierArchiveFate.Stays, snapshot.Name, token);
        undo.Forget();
        undo.Remains = "The snapshot stays until REMOVE=yes deletes it.";
        await hold.RunAsync(target, HeldArtefact.Blocks(snapshot.Name), open.Lock, token);
        transcript.Banner("Prometheus snapshot creation procedure completed");
        return new(ExitStatus.Done, $"snapshot {snapshot.Name} made, no archive");
    }
}

using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// The runbook: deletes earlier artefacts, has Prometheus make a snapshot, archives and verifies it, and holds the
/// archive for the copy.
/// </summary>
internal sealed class TakeRun(
    RunOpener opener,
    PrometheusConnector connector,
    Preflight preflight,
    RoomCheck room,
    EarlierArtefacts earlier,
    SnapshotCapture capture,
    SnapshotArchiving archiving,
    ArchivePublication publication,
    HoldForCopy hold,
    ArchiveReuse reuse,
    AgentSettings settings,
    Transcript transcript)
{
    public async Task<RunResult> RunAsync(UndoStack undo, CancellationToken token)
    {
        using OpenTarget open = opener.ForArchive();
        using UndoStack takesBack = undo;
        TargetContainer target = open.Target;
        if (settings.IsReuse && await reuse.TryVerifyAsync(target, undo, token) is { } reused)
        {
            await hold.RunAsync(target, HeldArtefact.Archive(target), open.Lock, token);
            return reused;
        }

        using PrometheusClient client = connector.Connect(target);
        PrometheusServer server = await preflight.RunAsync(client, target, token);
        IDeflateEngine engine = GzipEngines.Choose(settings.Level);
        EarlierArchiveFate fate = room.RequireForArchive(target.Data, engine);
        earlier.DeleteWhereProven(target, fate, token);
        CapturedSnapshot snapshot = await capture.RunAsync(client, server, target, open.Lock, undo, token);
        earlier.DeleteWhereNowProven(target, fate, snapshot.Name, token);
        WrittenArchive archive = await archiving.RunAsync(target, snapshot.Name, engine, open.Lock, undo, token);
        RunResult result = publication.Run(target, server, snapshot, archive, undo);
        await hold.RunAsync(target, HeldArtefact.Archive(target), open.Lock, token);
        transcript.Banner(result.Status == ExitStatus.Done
            ? "Prometheus snapshot creation procedure completed"
            : $"Prometheus snapshot creation procedure completed with damaged blocks, exit status {(int)result.Status}");
        return result;
    }
}

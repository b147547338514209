using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// <c>export --stream</c>: archives the snapshot to standard output, without a file on the volume, and deletes the
/// snapshot.
/// </summary>
internal sealed class StreamRun(
    RunOpener opener,
    PrometheusConnector connector,
    Preflight preflight,
    RoomCheck room,
    SnapshotCapture capture,
    SnapshotStreaming streaming,
    AgentSettings settings,
    Transcript transcript)
{
    public async Task<RunResult> RunAsync(UndoStack undo, CancellationToken token)
    {
        using OpenTarget open = opener.ForStream();
        using UndoStack takesBack = undo;
        TargetContainer target = open.Target;
        using PrometheusClient client = connector.Connect(target);
        PrometheusServer server = await preflight.RunAsync(client, target, token);
        room.RequireForSnapshot(target.Data);
        CapturedSnapshot snapshot = await capture.RunAsync(client, server, target, open.Lock, undo, token);
        RunResult result = await streaming.RunAsync(
            target,
            snapshot.Name,
            GzipEngines.Choose(settings.Level),
            undo,
            token);
        transcript.Banner("Prometheus snapshot creation procedure completed");
        return result;
    }
}

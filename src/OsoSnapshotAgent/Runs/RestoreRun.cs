using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Puts the blocks of a client into the data directory of the running Prometheus, which loads them without a restart:
/// prometheus.io/docs/prometheus/latest/storage, "Backfilling from Recording Rules".
/// </summary>
internal sealed class RestoreRun(
    RunOpener opener,
    PrometheusConnector connector,
    Preflight preflight,
    StorageProof proof,
    BlockIntake intake,
    BlockLoading loading,
    Transcript transcript)
{
    public async Task<RunResult> RunAsync(UndoStack undo, CancellationToken token)
    {
        undo.Remains = "Blocks that are back stay. Nothing of another block was left behind.";
        using OpenTarget open = opener.ForRestore();
        TargetContainer target = open.Target;
        using PrometheusClient client = connector.Connect(target);
        LiveServer server = new(client, await preflight.FindAsync(client, target, token));
        await proof.RequireAsync(target, token);
        await server.RequireReadyAsync(token);
        target.Data.Directory.RequireWritable();
        LoadedBlocks before = await server.LoadedAsync(token);
        TakenIn taken = await intake.RunAsync(target, server, token);
        if (taken.IsDryRun)
        {
            return new(ExitStatus.Done, $"nothing written: {Describe(taken)}");
        }

        await loading.RunAsync(target.Data, server, before, isReloadNeeded: taken.Back.Count > 0, token);
        await loading.RequireAnsweredAsync(target.Data, server, taken.Present, token);
        if (server.IsCompactionOff)
        {
            transcript.Line(
                "* this server's compaction is off: whatever uploads its blocks, such as Thanos' sidecar, uploads the restored"
                + " ones too, with today's external labels");
        }

        transcript.Success(LogId.BlocksLoaded, $"Prometheus has loaded the blocks: {Describe(taken)}.");
        return new(ExitStatus.Done, Describe(taken));
    }

    private static string Describe(TakenIn taken)
    {
        int there = taken.Plan.Count(block => block.Fate == BlockFates.There && !taken.Back.Contains(block.Ulid));
        int left = taken.Plan.Count(block => block.Fate is BlockFates.Expired or BlockFates.Overlap);
        int come = taken.IsDryRun ? taken.Plan.Count(block => block.IsToSend) : taken.Back.Count;
        return $"{Plural.Of(come, "block")} {(taken.IsDryRun ? "would come" : "back")}"
            + (there > 0 ? $", {there} there already" : string.Empty)
            + (left > 0 ? $", {left} left out" : string.Empty);
    }
}

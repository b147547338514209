using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Runs;

/// <summary>A snapshot in the data directory.</summary>
/// <param name="MissingSamples">What Prometheus has and the snapshot can't hold, in words; null if nothing is
/// missing.</param>
internal sealed record CapturedSnapshot(SnapshotName Name, string? MissingSamples);

/// <summary>Has Prometheus make the snapshot, and checks that it lies on this volume.</summary>
internal sealed class SnapshotCapture(
    ServerIdentity identity,
    OutOfOrderSamples outOfOrder,
    RunState state,
    AgentSettings settings,
    Transcript transcript,
    Progress progress,
    TimeProvider time)
{
    /// <param name="undo">Gets the deletion of the snapshot.</param>
    /// <exception cref="OperatorException">Prometheus made no snapshot, or made it elsewhere.</exception>
    public async Task<CapturedSnapshot> RunAsync(
        PrometheusClient client,
        PrometheusServer server,
        TargetContainer target,
        RunLock runLock,
        UndoStack undo,
        CancellationToken token)
    {
        state.Enter(Phase.CaptureSnapshot);
        transcript.Title("STEP 2: CAPTURING SNAPSHOT OF CURRENT PROMETHEUS DB USING ADMINISTRATIVE API");
        string? missing = await outOfOrder.FindAsync(client, server, target.Data, token);
        IReadOnlySet<string> earlier = target.Data.SnapshotNames();
        LeftOutBlocks leftOut = new(target.Data);
        await identity.RequireAsync(client, server, target, token);
        SnapshotName name = await RequestAsync(client, server, target.Data, earlier, runLock, undo, token);
        RequireNewHere(name, earlier, server, target.Data);
        undo.Add(() => new Artefacts(target.Data).DeleteSnapshot(name));
        IReadOnlyList<string> without = leftOut.Warn(name, transcript);
        state.Update(status => status with
        {
            Snapshot = name.Text,
            BlocksNotInSnapshot = without.Count > 0 ? without : null,
            HeadBlock = HeadBlock.Find(target.Data, name)?.Text,
            MissingSamples = missing,
        });
        transcript.Success(
            LogId.SnapshotCaptured,
            $"Snapshot {name} captured{(settings.SkipHead ? ", without the in-memory head" : string.Empty)}.");
        LongListing.Print(target.Data, target.Accounts, transcript, time.GetUtcNow());
        return new(name, missing);
    }

    private async Task<SnapshotName> RequestAsync(
        PrometheusClient client,
        PrometheusServer server,
        DataDirectory data,
        IReadOnlySet<string> earlier,
        RunLock runLock,
        UndoStack undo,
        CancellationToken token)
    {
        SnapshotLeftovers leftovers = new(transcript, time);
        try
        {
            return await progress.WithHeartbeatAsync(
                "Prometheus is making the snapshot",
                () => client.SnapshotAsync(server, token));
        }
        catch (OperationCanceledException)
        {
            if (!await leftovers.WithdrawAsync(data, earlier, runLock.TryBecomeAlone()))
            {
                undo.Remains = "Prometheus is still making the snapshot under snapshots/."
                    + " The next run, or REMOVE=yes, will delete it.";
            }

            throw;
        }
        catch (RefusalException e)
        {
            // Streams share the lock, so a new snapshot may belong to another run.
            await leftovers.TidyAsync(data, earlier, e.LeavesDoubt, runLock.TryBecomeAlone(), token);
            throw;
        }
    }

    private static void RequireNewHere(
        SnapshotName name,
        IReadOnlySet<string> earlier,
        PrometheusServer server,
        DataDirectory data)
    {
        if (earlier.Contains(name.Text))
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"{server.BaseUrl} answered with the name of a snapshot that lay there before the request: {name}."
                + " That snapshot stays as it is.",
                "Find out what answers there in Prometheus' place: no snapshot was made.");
        }

        if (!data.HasSnapshot(name))
        {
            throw new OperatorException(
                ExitStatus.OtherPrometheus,
                $"Prometheus has made the snapshot {name}, but not in {data.Directory.PathOf(DataDirectory.SnapshotsName)}:"
                + $" {server.BaseUrl} is another Prometheus, or the data directory belongs to another one.",
                "Set OSO_SNAPSHOT_URL to this pod's own Prometheus, check OSO_SNAPSHOT_DATA_DIR, and delete"
                + $" snapshots/{name} where it was made.");
        }
    }
}

using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>Has Prometheus make the snapshot, and makes sure that it lies on this volume.</summary>
internal sealed class CaptureSnapshot(
    PrometheusClient client,
    PrometheusLocator locator,
    SnapshotRun run,
    AgentSettings settings,
    Transcript transcript,
    DirectoryListing listing,
    Progress progress,
    OutOfOrderSamples outOfOrder,
    SnapshotLeftovers leftovers,
    EarlierRuns earlierRuns) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 2: CAPTURING SNAPSHOT OF CURRENT PROMETHEUS DB USING ADMINISTRATIVE API");
        await outOfOrder.LookAsync(token);
        IReadOnlySet<string> earlier = data.SnapshotNames();
        SnapshotName name;
        await locator.CheckLikenessAsync(run.Server, run.Target, token);
        try
        {
            run.IsRequestPending = true;
            name = await progress.WithHeartbeatAsync("Prometheus is making the snapshot", () => client.SnapshotAsync(run.Server, token));
        }
        catch (OperationCanceledException)
        {
            run.IsRequestPending = !await leftovers.WithdrawAsync(data, earlier, isAlone: run.Lock?.TryTakeAlone() != false);
            throw;
        }
        catch (AgentException e)
        {
            // Streams share the lock: what is new may be another's.
            await leftovers.TidyAsync(data, earlier, e.LeavesDoubt, isAlone: run.Lock?.TryTakeAlone() != false, token);
            run.IsRequestPending = false;
            throw;
        }

        run.IsRequestPending = false;

        if (earlier.Contains(name.Text))
        {
            throw new AgentException(
                ExitStatus.PrometheusRefused,
                $"{run.Server.BaseUrl} answered with the name of a snapshot that lay there before the request: {name}. It was left as it is.",
                "Find out what answers there in Prometheus' place: it has made no snapshot.");
        }

        if (!data.HasSnapshot(name))
        {
            throw new AgentException(
                ExitStatus.OtherPrometheus,
                $"Prometheus has made the snapshot {name}, but not in {data.Directory.PathOf(DataDirectory.SnapshotsName)}: {run.Server.BaseUrl} is another Prometheus, or the data directory is not this one's.",
                $"Address this pod's own with OSO_SNAPSHOT_URL, check OSO_SNAPSHOT_DATA_DIR, and delete snapshots/{name} where it was made.");
        }

        run.Snapshot = name;
        if (!run.Target.IsDataProven)
        {
            DeleteEarlier(name, token);
        }

        transcript.Success($"Snapshot {name} captured{(settings.SkipHead ? ", without the in-memory head" : string.Empty)}.");
        listing.Show();
    }

    // The snapshot has appeared here: this is the data directory of the Prometheus that made it.
    private void DeleteEarlier(SnapshotName name, CancellationToken token)
    {
        run.Target.IsDataProven = true;
        if (!settings.ToStandardOutput)
        {
            earlierRuns.Delete(except: name, token);
        }
    }
}

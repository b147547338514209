using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Deletes what earlier runs have left, once it is known whose data directory this is.</summary>
internal sealed class CleanOldArchives(SnapshotRun run, EarlierRuns earlier, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        transcript.Title("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY");
        listing.Show();
        run.Artefacts.Refuse(Artefacts.ArchiveFiles);
        if (run.Target.IsDataProven)
        {
            earlier.Delete(except: null, token);
        }
        else
        {
            transcript.Line("Nothing is deleted yet: no process shows whose data directory this is. The new snapshot will.");
        }

        return Task.CompletedTask;
    }
}

using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>REMOVE=yes: deletes everything that this program and its snapshots have put on the volume, the log included.</summary>
internal sealed class RemoveSnapshot(SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        listing.Show();
        run.Target.Data.RefuseForeign(run.Target.Data.Artefacts);
        IReadOnlyList<string> removed = run.Target.Data.DeleteArtefacts();
        run.Summary = removed.Count == 0 ? "nothing to remove" : $"removed {string.Join(", ", removed)}";
        transcript.Success(removed.Count == 0 ? "Nothing to remove: no artefact of a snapshot was there." : $"Removed {string.Join(", ", removed)}.");
        listing.Show();
        return Task.CompletedTask;
    }
}

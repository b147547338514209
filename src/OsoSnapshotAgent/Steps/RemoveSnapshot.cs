using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>REMOVE=yes: deletes everything that this program and its snapshots have put on the volume, the log included.</summary>
internal sealed class RemoveSnapshot(SnapshotRun run, StorageProof proof, Transcript transcript, DirectoryListing listing) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        listing.Show();
        await proof.RequireAsync(run.Target, token);
        IReadOnlyList<string> removed = Remove(token);
        run.Summary = removed.Count == 0 ? "nothing to remove" : $"removed {string.Join(", ", removed)}";
        transcript.Success(removed.Count == 0 ? "Nothing to remove: no artefact of a snapshot was there." : $"Removed {string.Join(", ", removed)}.");
        listing.Show();
    }

    private IReadOnlyList<string> Remove(CancellationToken token)
    {
        try
        {
            return run.Artefacts.DeleteAll(token);
        }
        catch (OperationCanceledException)
        {
            transcript.Warning("The removal has not ended. Run it again.");
            throw;
        }
    }
}

using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Runs;

/// <summary>REMOVE=yes: deletes all files of this program and all snapshots on the volume, the log included.</summary>
internal sealed class RemoveRun(
    RunOpener opener,
    StorageProof proof,
    RunState state,
    Transcript transcript,
    TimeProvider time)
{
    /// <inheritdoc cref="RemoveAsync" path="/exception"/>
    public async Task<RunResult> RunAsync(CancellationToken token)
    {
        using OpenTarget open = opener.ForRemoval();
        RunResult result = await RemoveAsync(open.Target, token);
        transcript.Banner("Removal completed");
        return result;
    }

    /// <summary>Deletes every artefact after it is proven which Prometheus uses the data directory.</summary>
    /// <exception cref="OperatorException">The directory belongs to another Prometheus, or something can't be
    /// deleted.</exception>
    internal async Task<RunResult> RemoveAsync(TargetContainer target, CancellationToken token)
    {
        state.Enter(Phase.RemoveSnapshot);
        LongListing.Print(target.Data, target.Accounts, transcript, time.GetUtcNow());
        await proof.RequireAsync(target, token);
        IReadOnlyList<string> removed = Delete(target, token);
        string names = string.Join(", ", removed);
        if (removed.Count == 0)
        {
            transcript.Success(LogId.NothingToRemove, "Nothing to remove: no artefact of a snapshot was there.");
        }
        else
        {
            transcript.Success(LogId.ArtefactsRemoved, $"Removed {names}.");
        }

        LongListing.Print(target.Data, target.Accounts, transcript, time.GetUtcNow());
        return new(ExitStatus.Done, removed.Count == 0 ? "nothing to remove" : $"removed {names}");
    }

    private IReadOnlyList<string> Delete(TargetContainer target, CancellationToken token)
    {
        try
        {
            IReadOnlyList<string> artefacts = new Artefacts(target.Data).DeleteAll(token);
            return [.. artefacts, .. RestoreScratch.DeleteLeftOver(target.Data, token)];
        }
        catch (OperationCanceledException)
        {
            transcript.Warning(LogId.RemovalIncomplete, "The removal is not complete. Run it again.");
            throw;
        }
    }
}

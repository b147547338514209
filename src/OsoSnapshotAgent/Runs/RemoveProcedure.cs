using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Runs;

/// <summary>REMOVE=yes: deletes all files of this program and all snapshots on the volume, the log included.</summary>
internal sealed class RemoveProcedure(Opening opening, ArtefactRemoval removal, Transcript transcript)
{
    public async Task<RunResult> RunAsync(CancellationToken token)
    {
        using OpenTarget open = opening.ForRemoval();
        RunResult result = await removal.RunAsync(open.Target, token);
        transcript.Banner("Removal completed");
        return result;
    }
}

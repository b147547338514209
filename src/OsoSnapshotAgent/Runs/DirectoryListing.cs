using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Runs;

/// <summary>Prints the long listing of the data directory, with the account names of the target container.</summary>
internal sealed class DirectoryListing(Transcript transcript, TimeProvider time)
{
    public void Show(TargetContainer target)
    {
        transcript.Line($"Contents of {target.Data.PathSeenByAgent}:");
        try
        {
            transcript.Lines(LongListing.Of(target.Data.Directory, target.Accounts, time.GetUtcNow()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only people read the listing, so the run continues without it.
            transcript.Warning(LogId.ListingFailed, $"The directory can't be listed: {e.Message}");
        }
    }
}

using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>Prints the long listing of the data directory, with the names that the target's accounts have.</summary>
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
            // For people to look at only.
            transcript.Warning(LogId.ListingFailed, $"It can't be listed: {e.Message}");
        }
    }
}

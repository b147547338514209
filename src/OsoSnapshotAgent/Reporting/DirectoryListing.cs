using OsoSnapshotAgent.Steps;

namespace OsoSnapshotAgent.Reporting;

/// <summary>Prints the long listing of the data directory, with the names that the target's accounts have.</summary>
internal sealed class DirectoryListing(SnapshotRun run, Transcript transcript, TimeProvider time)
{
    private AccountNames? _names;

    public AccountNames Names => _names ??= new(run.Target.Root.TryReadStart);

    public void Show()
    {
        transcript.Line($"Contents of {run.Target.Data.PathSeenByAgent}:");
        try
        {
            transcript.Lines(LongListing.Of(run.Target.Data.Directory, Names, time.GetUtcNow()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For people to look at only.
            transcript.Warning($"It can't be listed: {e.Message}");
        }
    }
}

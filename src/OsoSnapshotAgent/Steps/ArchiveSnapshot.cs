using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Writes the archive under its partial name, and reads it back close behind.</summary>
internal sealed class ArchiveSnapshot(ArchiveMaker maker, BlockSelection selection, SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA");
        if (run.Lock?.TryShare() == false)
        {
            throw new AgentException(ExitStatus.Busy, $"Another run has started on {data.PathSeenByAgent}.", "Wait until it has ended, then start again.");
        }

        IEnumerable<TreeEntry> entries = selection.Choose(out long inputBytes);
        run.Archive = PartialFile.Create(data.Directory, DataDirectory.PartialName, DataDirectory.ArchiveName);
        (run.Manifest, run.Verified) = await maker.MakeAsync(entries, inputBytes, listing.Names, run.Engine, data, run.Archive, token);
    }
}

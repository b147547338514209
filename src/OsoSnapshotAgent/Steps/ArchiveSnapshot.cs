using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Writes the archive under its partial name, and reads it back close behind.</summary>
internal sealed class ArchiveSnapshot(ArchiveMaker maker, BlockSelection selection, SnapshotRun run, AgentSettings settings, Transcript transcript, DirectoryListing listing) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA");
        IDeflateEngine engine = GzipEngines.Choose(settings.Level);
        IEnumerable<TreeEntry> entries = selection.Choose(engine, out long inputBytes);
        run.Archive = PartialFile.Create(data.PartialArchive, data.Archive);
        (run.Manifest, run.Verified) = await maker.MakeAsync(entries, inputBytes, listing.Names, engine, data, run.Archive, token);
    }
}

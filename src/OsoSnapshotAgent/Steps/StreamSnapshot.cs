using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>Archives the snapshot straight to standard output, with no file on the volume, and deletes it.</summary>
internal sealed class StreamSnapshot(
    ArchiveWriter writer, BlockSelection selection, SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        transcript.Title("STEP 3: STREAMING THE ARCHIVE OF THE SNAPSHOT DATA TO STANDARD OUTPUT");
        IEnumerable<TreeEntry> entries = selection.Choose(out long inputBytes);
        using StandardOutput output = new(token);
        run.Manifest = await Task.Run(
            () => writer.Write(entries, inputBytes, listing.Names, run.Engine, data: null, output, _ => { }, new WrittenBytes(), token), CancellationToken.None);
        run.TakeBack();
        run.Summary = $"streamed {run.Manifest.ArchiveBytes} bytes, sha256 {run.Manifest.Sha256}";
        transcript.Success($"Snapshot {run.Snapshot} streamed and deleted. Verify the copy where it is: oso-snapshot verify FILE, or sha256sum.");
        transcript.Lines([
            $"  Input       {run.Manifest.InputBytes} bytes",
            $"  Archive     {run.Manifest.ArchiveBytes} bytes",
            $"  SHA-256     {run.Manifest.Sha256}",
        ]);
    }
}

using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Deletes what earlier runs have left, but a finished archive only where two have no room.</summary>
internal sealed class CleanOldArchives(SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY");
        listing.Show();

        // First what may fail, since an earlier request may still be writing there: a failure must leave the old archive.
        int snapshots = data.SnapshotNames().Count;
        data.RefuseForeign(data.ArchiveFiles);
        bool hadSnapshots = data.DeleteSnapshots();
        DeleteArchives(data);
        transcript.Success(hadSnapshots
            ? $"Existing directory {DataDirectory.SnapshotsName} ({snapshots} inside) found and deleted."
            : $"No existing directory {DataDirectory.SnapshotsName} found.");

        return Task.CompletedTask;
    }

    private void DeleteArchives(DataDirectory data)
    {
        bool hasArchive = FileStatus.Find(data.Archive) is { IsRegularFile: true };
        if (!hasArchive)
        {
            transcript.Success($"No existing {DataDirectory.ArchiveName} found.");
        }
        else if (run.KeepsEarlierArchive)
        {
            transcript.Success($"Existing {DataDirectory.ArchiveName} ({SizeOf(data.Archive)}) found; it stays until the new one is verified, and is then replaced.");
        }
        else
        {
            transcript.Warning($"There is no room for two archives: the existing {DataDirectory.ArchiveName} is deleted before the new one is made.");
        }

        foreach (string path in data.ArchiveFiles.Where(path => FileStatus.Find(path) is not null && (!run.KeepsEarlierArchive || !hasArchive || path == data.PartialArchive)))
        {
            string size = SizeOf(path);
            File.Delete(path);
            transcript.Success($"Existing {Path.GetFileName(path)} ({size}) found and deleted.");
        }
    }

    private static string SizeOf(string path) => ByteSize.Format(FileStatus.Of(path).SizeBytes);
}

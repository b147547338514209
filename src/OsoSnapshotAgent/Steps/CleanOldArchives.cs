using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Deletes what earlier runs have left, finished or not.</summary>
internal sealed class CleanOldArchives(SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY");
        listing.Show();

        // First what may fail, since an earlier request may still be writing there: a failure must leave the old archive.
        int snapshots = data.SnapshotNames().Count;
        bool hadSnapshots = Directory.Exists(data.Snapshots);
        if (hadSnapshots)
        {
            Directory.Delete(data.Snapshots, recursive: true);
        }

        string[] archives = [.. data.ArchiveFiles.Where(path => FileStatus.Find(path) is not null)];
        foreach (string path in archives)
        {
            string size = ByteSize.Format(FileStatus.Of(path).SizeBytes);
            File.Delete(path);
            transcript.Success($"Existing {Path.GetFileName(path)} ({size}) found and deleted.");
        }

        if (archives.Length == 0)
        {
            transcript.Success($"No existing {DataDirectory.ArchiveName} found.");
        }

        transcript.Success(hadSnapshots
            ? $"Existing directory {DataDirectory.SnapshotsName} ({snapshots} inside) found and deleted."
            : $"No existing directory {DataDirectory.SnapshotsName} found.");

        return Task.CompletedTask;
    }
}

using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>Deletes what earlier runs have left, but a finished archive only where two have no room.</summary>
internal sealed class EarlierRuns(SnapshotRun run, Transcript transcript)
{
    /// <param name="except">This run's own snapshot, where it has one already.</param>
    /// <exception cref="AgentException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void Delete(SnapshotName? except, CancellationToken token)
    {
        // First what may fail, since an earlier request may still be writing there: a failure must leave the old archive.
        int snapshots = run.Target.Data.SnapshotNames().Count(name => name != except?.Text);
        bool hadSnapshots = run.Artefacts.DeleteSnapshots(except, token) && (except is null || snapshots > 0);
        DeleteArchives(run.Target.Data.Directory);
        transcript.Success(hadSnapshots
            ? $"Existing directory {DataDirectory.SnapshotsName} ({snapshots} inside) found and deleted."
            : $"No existing directory {DataDirectory.SnapshotsName} found.");
    }

    private void DeleteArchives(DirectoryHandle directory)
    {
        FileStatus? archive = directory.Find(DataDirectory.ArchiveName);
        bool hasArchive = archive is { IsRegularFile: true };
        bool keepsArchive = hasArchive && run.KeepsEarlierArchive;
        if (!hasArchive)
        {
            transcript.Success($"No existing {DataDirectory.ArchiveName} found.");
        }
        else if (keepsArchive)
        {
            string size = ByteSize.Format(archive!.SizeBytes);
            transcript.Success($"Existing {DataDirectory.ArchiveName} ({size}) found; it stays until the new one is verified, and is then replaced.");
        }
        else
        {
            transcript.Warning($"There is no room for two archives: the existing {DataDirectory.ArchiveName} is deleted before the new one is made.");
        }

        foreach (string name in keepsArchive ? [DataDirectory.PartialName] : Artefacts.ArchiveFiles)
        {
            if (directory.Find(name) is { } found)
            {
                directory.DeleteFile(name);
                transcript.Success($"Existing {name} ({ByteSize.Format(found.SizeBytes)}) found and deleted.");
            }
        }
    }
}

using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Protocol;
using OsoSnapshot.Formats.Text;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>
/// Deletes what earlier runs have left, once it is known whose data directory this is, but a finished archive only
/// where two have no room.
/// </summary>
internal sealed class EarlierArtefacts(RunState state, Transcript transcript, DirectoryListing listing)
{
    /// <summary>Before the snapshot is asked for.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void DeleteWhereProven(TargetContainer target, ArchivePlan plan, CancellationToken token)
    {
        state.Enter(Phase.CleanOldArchives);
        transcript.Title("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY");
        listing.Show(target);
        new Artefacts(target.Data).Refuse(plan == ArchivePlan.Stays ? [] : Artefacts.ArchiveFiles);
        if (target.IsDataProven)
        {
            Delete(target.Data, plan, except: null, token);
        }
        else
        {
            transcript.Line(
                "Nothing is deleted yet: no process shows whose data directory this is. The new snapshot will.");
        }
    }

    /// <summary>The snapshot has appeared here: this is the data directory of the Prometheus that made it.</summary>
    /// <inheritdoc cref="DeleteWhereProven" path="/exception"/>
    public void DeleteWhereNowProven(
        TargetContainer target,
        ArchivePlan plan,
        SnapshotName snapshot,
        CancellationToken token)
    {
        if (!target.IsDataProven)
        {
            Delete(target.Data, plan, except: snapshot, token);
        }
    }

    private void Delete(DataDirectory data, ArchivePlan plan, SnapshotName? except, CancellationToken token)
    {
        // First what may fail, since an earlier request may still be writing there: a failure must leave the old
        // archive.
        int snapshots = data.SnapshotNames().Count(name => name != except?.Text);
        bool hadSnapshots = new Artefacts(data).DeleteSnapshots(except, token) && (except is null || snapshots > 0);
        if (plan != ArchivePlan.Stays)
        {
            DeleteArchives(data.Directory, plan);
        }

        if (hadSnapshots)
        {
            transcript.Success(
                LogId.EarlierSnapshotsDeleted,
                $"Existing directory {DataDirectory.SnapshotsName} ({snapshots} inside) found and deleted.");
        }
        else
        {
            transcript.Success(
                LogId.EarlierSnapshotsAbsent,
                $"No existing directory {DataDirectory.SnapshotsName} found.");
        }
    }

    private void DeleteArchives(DirectoryHandle directory, ArchivePlan plan)
    {
        FileStatus? archive = directory.Find(DataDirectory.ArchiveName);
        bool stays = archive is { IsRegularFile: true } && plan == ArchivePlan.IsReplaced;
        if (archive is not { IsRegularFile: true })
        {
            transcript.Success(LogId.EarlierArchiveAbsent, $"No existing {DataDirectory.ArchiveName} found.");
        }
        else if (stays)
        {
            string size = ByteSize.Format(archive.SizeBytes);
            transcript.Success(
                LogId.EarlierArchiveStays,
                $"Existing {DataDirectory.ArchiveName} ({size}) found; it stays until the new one is verified, and is then replaced.");
        }
        else
        {
            transcript.Warning(
                LogId.NoRoomForTwoArchives,
                $"There is no room for two archives: the existing {DataDirectory.ArchiveName} is deleted before the new one is made.");
        }

        foreach (string name in stays ? [DataDirectory.PartialName] : Artefacts.ArchiveFiles)
        {
            if (directory.Find(name) is { } found)
            {
                directory.DeleteFile(name);
                transcript.Success(
                    LogId.EarlierFileDeleted,
                    $"Existing {name} ({ByteSize.Format(found.SizeBytes)}) found and deleted.");
            }
        }
    }
}

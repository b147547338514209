using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Deletes what earlier runs have left, after it is proven which Prometheus uses the data directory. A finished archive
/// is deleted only if there is no room for two.
/// </summary>
internal sealed class EarlierArtefacts(RunState state, Transcript transcript, TimeProvider time)
{
    /// <summary>Deletes before the snapshot request, if a process proves which Prometheus uses the directory.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void DeleteWhereProven(TargetContainer target, EarlierArchiveFate fate, CancellationToken token)
    {
        state.Enter(Phase.CleanOldArchives);
        transcript.Title("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY");
        LongListing.Print(target.Data, target.Accounts, transcript, time.GetUtcNow());
        new Artefacts(target.Data).Refuse(fate == EarlierArchiveFate.Stays ? [] : Artefacts.ArchiveFiles);
        if (target.IsDataProven)
        {
            Delete(target.Data, fate, except: null, token);
        }
        else
        {
            transcript.Line(
                "Nothing is deleted yet: no process shows which Prometheus uses this data directory. The new snapshot will show it.");
        }
    }

    /// <summary>
    /// Deletes after the snapshot request: the Prometheus that made the snapshot here uses this directory.
    /// </summary>
    /// <inheritdoc cref="DeleteWhereProven" path="/exception"/>
    public void DeleteWhereNowProven(
        TargetContainer target,
        EarlierArchiveFate fate,
        SnapshotName snapshot,
        CancellationToken token)
    {
        if (!target.IsDataProven)
        {
            Delete(target.Data, fate, except: snapshot, token);
        }
    }

    private void Delete(DataDirectory data, EarlierArchiveFate fate, SnapshotName? except, CancellationToken token)
    {
        // Snapshots go first, since their deletion may fail: an earlier request may still write there. The archive then
        // stays.
        int snapshots = data.SnapshotNames().Count(name => name != except?.Text);
        bool hadSnapshots = new Artefacts(data).DeleteSnapshots(except, token) && (except is null || snapshots > 0);
        if (fate != EarlierArchiveFate.Stays)
        {
            DeleteArchives(data.Directory, fate);
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

    private void DeleteArchives(DirectoryHandle directory, EarlierArchiveFate fate)
    {
        FileStatus? archive = directory.Find(DataDirectory.ArchiveName);
        bool stays = archive is { IsRegularFile: true } && fate == EarlierArchiveFate.IsReplaced;
        if (archive is not { IsRegularFile: true })
        {
            transcript.Success(LogId.EarlierArchiveAbsent, $"No existing {DataDirectory.ArchiveName} found.");
        }
        else if (stays)
        {
            string size = ByteSize.Format(archive.SizeBytes);
            transcript.Success(
                LogId.EarlierArchiveStays,
                $"Existing {DataDirectory.ArchiveName} ({size}) found. The archive stays until a new one is verified and replaces it.");
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

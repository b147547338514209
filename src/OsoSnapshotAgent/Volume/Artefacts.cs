using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// The files and directories that runs leave in the data directory. All deletions use this class: those of a run, of
/// REMOVE=yes and of <c>release --remove</c>.
/// </summary>
internal sealed class Artefacts(DataDirectory data)
{
    /// <summary>The archive (complete or partial) and its checksum. The archive is the last.</summary>
    public static readonly IReadOnlyList<string> ArchiveFiles =
        [DataDirectory.PartialName, DataDirectory.ChecksumName, DataDirectory.ArchiveName];

    /// <summary>
    /// Every file that the agent makes. It also deletes the directory of the snapshots, and nothing else.
    /// </summary>
    public static readonly IReadOnlyList<string> Files = [DataDirectory.LogName, .. ArchiveFiles];

    private const string ByHand = "Delete it by hand: a file in it has another owner, or is still being written. Then"
        + " run again.";

    private readonly DirectoryHandle _directory = data.Directory;
    private long _deletedEntries;

    /// <summary>Waits between two tries to delete the snapshots.</summary>
    internal Action<CancellationToken> Pause { get; init; } =
        token => token.WaitHandle.WaitOne(TimeSpan.FromSeconds(0.1));

    /// <summary>The number of files and directories deleted so far. Any thread may read it.</summary>
    public long DeletedEntries => Interlocked.Read(ref _deletedEntries);

    /// <summary>
    /// Refuses other things that have an artefact's name, and databases in use. Call this before anything is deleted.
    /// </summary>
    /// <param name="files">The artefacts that will be deleted.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void Refuse(IEnumerable<string> files)
    {
        ArtefactGuard.RefuseForeign(_directory, files);
        try
        {
            ArtefactGuard.RefuseOtherMount(_directory);
            ArtefactGuard.RefuseServersBelow(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotDeletable(e);
        }
    }

    /// <summary>Deletes all files of this program and all snapshots, the archive last.</summary>
    /// <returns>The names of what was deleted.</returns>
    /// <inheritdoc cref="DeleteSnapshots" path="/exception"/>
    public IReadOnlyList<string> DeleteAll(CancellationToken token) => DeleteWithSnapshots(Files, token);

    /// <summary>
    /// Deletes everything at the end of a hold. If the run made no archive, that of an earlier run stays, with its
    /// checksum and the log.
    /// </summary>
    /// <inheritdoc cref="DeleteAll" path="/returns"/>
    /// <inheritdoc cref="DeleteSnapshots" path="/exception"/>
    public IReadOnlyList<string> DeleteHeld(bool hasArchive, CancellationToken token) =>
        hasArchive || _directory.Find(DataDirectory.ArchiveName) is null
            ? DeleteAll(token)
            : DeleteWithSnapshots([DataDirectory.PartialName], token);

    /// <summary>
    /// Deletes the snapshots. If a link lies in place of their directory, only the link is deleted. Prometheus may
    /// still be adding directories for a run that was killed, so a deletion that fails is repeated for a second.
    /// </summary>
    /// <param name="except">The snapshot that stays, with the directory of the snapshots.</param>
    /// <returns>false if there were no snapshots.</returns>
    /// <exception cref="OperatorException">Something in it can't be deleted, or a server uses it.</exception>
    /// <exception cref="OperationCanceledException">The deletion stopped. The rest is still there.</exception>
    public bool DeleteSnapshots(SnapshotName? except, CancellationToken token)
    {
        const int MaxTries = 10;
        if (_directory.Find(DataDirectory.SnapshotsName) is not { } found)
        {
            return false;
        }

        for (int tried = 1; ; tried++)
        {
            try
            {
                DeleteOnce(found, except, token);
                return true;
            }
            catch (IOException) when (tried < MaxTries && _directory.Find(DataDirectory.SnapshotsName) is not null)
            {
                Pause(token);
            }
            catch (FileNotFoundException)
            {
                // Another process has deleted it meanwhile.
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw NotDeletable(e);
            }
        }
    }

    /// <summary>
    /// Deletes one snapshot. If that was the last one, the directory of the snapshots is deleted too.
    /// </summary>
    /// <exception cref="OperatorException">A server uses the directory.</exception>
    /// <exception cref="IOException">Something in it can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Something in it may not be deleted.</exception>
    public void DeleteSnapshot(SnapshotName name)
    {
        using DirectoryHandle? snapshots = _directory.FindDirectory(DataDirectory.SnapshotsName);
        if (snapshots?.Find(name.Text) is { } found)
        {
            Delete(snapshots, name.Text, found, CancellationToken.None);
        }

        try
        {
            _directory.DeleteDirectory(DataDirectory.SnapshotsName);
        }
        catch (IOException)
        {
            // The directory holds other snapshots, or is deleted already.
        }
    }

    /// <summary>
    /// The bytes that deleting the artefacts would free. The files of a snapshot are mostly hard links of live blocks,
    /// which free nothing.
    /// </summary>
    public long ReclaimableBytes() => ByteSize.Sum(ArchiveFiles.Select(_directory.Find)
        .Concat(data.FilesBelow(DataDirectory.SnapshotsName).Select(item => item.Status))
        .Select(status => status is { LinkCount: 1 } ? status.AllocatedBytes : 0));

    private List<string> DeleteWithSnapshots(IReadOnlyList<string> files, CancellationToken token)
    {
        Refuse(files);
        List<string> removed = [];
        if (DeleteSnapshots(except: null, token))
        {
            removed.Add(DataDirectory.SnapshotsName + "/");
        }

        foreach (string name in files.Where(name => _directory.Find(name) is not null))
        {
            _directory.DeleteFile(name);
            removed.Add(name);
        }

        return removed;
    }

    private void DeleteOnce(FileStatus found, SnapshotName? except, CancellationToken token)
    {
        if (except is null || !found.IsDirectory)
        {
            Delete(_directory, DataDirectory.SnapshotsName, found, token);
            return;
        }

        using DirectoryHandle snapshots = _directory.OpenDirectory(DataDirectory.SnapshotsName);
        foreach (string name in snapshots.Names().Where(name => name != except.Text))
        {
            if (snapshots.Find(name) is { } other)
            {
                Delete(snapshots, name, other, token);
            }
        }
    }

    private void Delete(DirectoryHandle parent, string name, FileStatus found, CancellationToken token)
    {
        if (!found.IsDirectory)
        {
            parent.DeleteFile(name);
            return;
        }

        FileStatus own = _directory.Status;
        DirectoryTree.Delete(parent, name, directory => ArtefactGuard.Inspect(directory, own), deleted: () =>
        {
            token.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _deletedEntries);
        });
    }

    private OperatorException NotDeletable(Exception failure) => new(
        ExitStatus.ArchiveFailed,
        $"{_directory.PathOf(DataDirectory.SnapshotsName)} can't be deleted: {failure.Message}",
        failure is UnauthorizedAccessException ? ByHand : Causes.Remedy(failure, ByHand),
        failure);
}

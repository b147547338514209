using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>
/// What runs leave in the data directory, and the one policy by which it is deleted: in a run, with REMOVE=yes and by
/// <c>release --remove</c>.
/// </summary>
internal sealed class Artefacts(DataDirectory data)
{
    /// <summary>The archive, whole or not, and its checksum. The archive is the last.</summary>
    public static readonly IReadOnlyList<string> ArchiveFiles =
        [DataDirectory.PartialName, DataDirectory.ChecksumName, DataDirectory.ArchiveName];

    /// <summary>Every file that the agent makes. Beside these it deletes only the directory of the snapshots.</summary>
    public static readonly IReadOnlyList<string> Files = [DataDirectory.LogName, .. ArchiveFiles];

    private const string ByHand = "Delete it by hand: a file in it has another owner, or is still being written. Then"
        + " run again.";

    private readonly DirectoryHandle _directory = data.Directory;
    private long _deletedEntries;

    /// <summary>Between two tries to delete the snapshots.</summary>
    internal Action<CancellationToken> Pause { get; init; } =
        token => token.WaitHandle.WaitOne(TimeSpan.FromSeconds(0.1));

    /// <summary>How much of the snapshots is deleted so far; may be asked from any thread.</summary>
    public long DeletedEntries => Interlocked.Read(ref _deletedEntries);

    /// <summary>
    /// To be called before anything is deleted. Refuses an artefact's name on something else, and databases in use.
    /// </summary>
    /// <param name="files">Those that will be deleted.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void Refuse(IEnumerable<string> files)
    {
        ArtefactGuard.RefuseForeign(_directory, files);
        try
        {
            ArtefactGuard.RefuseServersBelow(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotDeletable(e);
        }
    }

    /// <summary>Deletes everything that this program and its snapshots have put there, the archive last.</summary>
    /// <returns>The names of what was there.</returns>
    /// <inheritdoc cref="DeleteSnapshots" path="/exception"/>
    public IReadOnlyList<string> DeleteAll(CancellationToken token)
    {
        Refuse(Files);
        List<string> removed = [];
        if (DeleteSnapshots(except: null, token))
        {
            removed.Add(DataDirectory.SnapshotsName + "/");
        }

        foreach (string name in Files.Where(name => _directory.Find(name) is not null))
        {
            _directory.DeleteFile(name);
            removed.Add(name);
        }

        return removed;
    }

    /// <summary>
    /// Deletes everything at the end of a hold. If the run made no archive, that of an earlier run stays, with its
    /// checksum and the log.
    /// </summary>
    /// <returns>The names of what was deleted.</returns>
    /// <inheritdoc cref="DeleteSnapshots" path="/exception"/>
    public IReadOnlyList<string> DeleteHeld(bool hasArchive, CancellationToken token)
    {
        if (hasArchive || _directory.Find(DataDirectory.ArchiveName) is null)
        {
            return DeleteAll(token);
        }

        Refuse([]);
        return DeleteSnapshots(except: null, token) ? [DataDirectory.SnapshotsName + "/"] : [];
    }

    /// <summary>
    /// Deletes the snapshots; of a link in the place of their directory the link only. Prometheus may still be
    /// writing one for a run that was killed, and adds directories meanwhile. So a deletion that fails is repeated for
    /// a second.
    /// </summary>
    /// <param name="except">The one that stays, with the directory of the snapshots.</param>
    /// <returns>false where there was none.</returns>
    /// <exception cref="OperatorException">Something in it can't be deleted, or a server uses it.</exception>
    /// <exception cref="OperationCanceledException">The rest is left.</exception>
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
                // Somebody else was faster.
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw NotDeletable(e);
            }
        }
    }

    /// <summary>Deletes one snapshot, and the directory of the snapshots where that was the last.</summary>
    /// <exception cref="OperatorException">A server uses it.</exception>
    /// <exception cref="IOException">Something in it can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
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
            // It holds other snapshots, or is gone already.
        }
    }

    /// <summary>
    /// Bytes that deleting our files would give back. A block of a snapshot is mostly hard links of live blocks, which
    /// free nothing.
    /// </summary>
    public long ReclaimableBytes() => ArchiveFiles.Select(_directory.Find)
        .Concat(data.FilesBelow(DataDirectory.SnapshotsName).Select(item => item.Status))
        .Sum(status => status is { LinkCount: 1 } ? status.AllocatedBytes : 0);

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

        DirectoryTree.Delete(parent, name, ArtefactGuard.RefuseServer, deleted: () =>
        {
            token.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _deletedEntries);
        });
    }

    private OperatorException NotDeletable(Exception failure) => new(
        ExitStatus.ArchiveFailed,
        $"{_directory.PathOf(DataDirectory.SnapshotsName)} can't be deleted: {failure.Message}",
        ByHand,
        failure);
}

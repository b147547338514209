using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// Keeps other runs away. The directory's lock is exclusive until the snapshot exists, because earlier ones are deleted
/// first, then shared for streams. During the hold, the archive alone is locked, so REMOVE=yes may run.
/// </summary>
internal sealed class RunLock : IDisposable
{
    // A run can't know the name of another run's container.
    private const string Others = " kubectl get pod POD -o yaml names the pod's debug containers under"
        + " ephemeralContainers.";

    private readonly DataDirectory _data;
    private FileLock? _lock;

    private RunLock(DataDirectory data, FileLock @lock) => (_data, _lock) = (data, @lock);

    /// <param name="isShared">True for streams: several may run at a time, because each deletes only its own
    /// snapshot.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Busy"/>.</exception>
    public static RunLock Take(DataDirectory data, bool isShared)
    {
        FileLock? taken = Ask(data.PathSeenByAgent, () => data.Directory.TryLock(isShared));
        return taken is not null ? new(data, taken) : throw new OperatorException(
            ExitStatus.Busy,
            $"Another run is at work on {data.PathSeenByAgent}.",
            $"Wait until that run has ended, then start again.{Others}");
    }

    /// <summary>
    /// Refuses to run while an archive or snapshot is held for a copy: the run would replace or delete it.
    /// </summary>
    /// <inheritdoc cref="Take" path="/exception"/>
    public void RefuseHeld()
    {
        IEnumerable<string> snapshots = _data.SnapshotNames().Select(name => $"{DataDirectory.SnapshotsName}/{name}");
        foreach (string path in snapshots.Prepend(DataDirectory.ArchiveName))
        {
            if (IsHeld(path))
            {
                throw new OperatorException(
                    ExitStatus.Busy,
                    $"Another run holds {_data.Directory.PathOf(path)} for its copy.",
                    "Copy it, end that container (Enter, or kubectl exec POD -c CONTAINER -- oso-snapshot release), then start again."
                    + $" REMOVE=yes would delete what that run holds.{Others}");
            }
        }
    }

    /// <summary>Lets streams run beside this run.</summary>
    /// <inheritdoc cref="Take" path="/exception"/>
    public void Share()
    {
        if (!Ask(_data.PathSeenByAgent, () => _lock?.TryShare() != false))
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Another run has started on {_data.PathSeenByAgent}.",
                "Wait until that run has ended, then start again.");
        }
    }

    /// <returns>True if no other run of this program is at work on the data directory.</returns>
    public bool TryBecomeAlone()
    {
        try
        {
            return _lock?.TryTakeAlone() != false;
        }
        catch (IOException)
        {
            // Nobody knows, so nothing may be deleted that another run could have made.
            return false;
        }
    }

    /// <summary>Locks what is held, in place of the directory.</summary>
    /// <param name="path">Its path, relative to the data directory.</param>
    public void MoveTo(string path)
    {
        FileLock? directory = _lock;
        try
        {
            _lock = TryLock(path, isShared: true);
        }
        catch (IOException)
        {
            // The archive is gone already, and the hold notices it.
            _lock = null;
        }

        directory?.Dispose();
    }

    public void Dispose() => _lock?.Dispose();

    private FileLock? TryLock(string path, bool isShared)
    {
        using DirectoryHandle? directory = _data.Directory.FindDirectory(path);
        return directory is null ? _data.Directory.TryLockFile(path, isShared) : directory.TryLock(isShared);
    }

    // Not held is only what is seen to be so: nothing is there, it is neither file nor directory, or its lock is free.
    private bool IsHeld(string path) => Ask(_data.Directory.PathOf(path), () =>
    {
        try
        {
            // An archive has one name. A hard link could be any file, such as Prometheus' own lock.
            if (_data.Directory.Find(path) is not ({ IsDirectory: true } or { IsRegularFile: true, LinkCount: 1 }))
            {
                return false;
            }

            using FileLock? free = TryLock(path, isShared: false);
            return free is null;
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // It is gone meanwhile, or belongs to another user: an agent holds what it can read.
            return false;
        }
    });

    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>: nobody knows whether it is
    /// locked.</exception>
    private static T Ask<T>(string path, Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (IOException e) when (e is not FileNotFoundException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path}: can't see whether another run uses it: {e.Message}. Nothing was touched.",
                Causes.Remedy(e, "Look into the volume's health, and run again."),
                e);
        }
    }
}

using OsoSnapshot.Formats;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>
/// What keeps other runs off. The directory is this run's alone until it has its snapshot, since it deletes others
/// before; it is shared while it archives, when streams may run beside it. During the hold the archive is locked
/// instead, so that REMOVE=yes may come but no run that would replace it.
/// </summary>
internal sealed class RunLock : IDisposable
{
    // No run knows the name of another's container.
    private const string Others = "kubectl get pod POD -o yaml names the pod's debug containers under"
        + " ephemeralContainers";

    private readonly DataDirectory _data;
    private FileLock? _lock;

    private RunLock(DataDirectory data, FileLock @lock) => (_data, _lock) = (data, @lock);

    /// <param name="isShared">For a stream: it deletes only its own snapshot, so several may run at a time.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Busy"/>.</exception>
    public static RunLock Take(DataDirectory data, bool isShared)
    {
        FileLock taken = data.Directory.TryLock(isShared) ?? throw new OperatorException(
            ExitStatus.Busy,
            $"Another run is at work on {data.PathSeenByAgent}.",
            $"Wait until it has ended ({Others}), then start again.");
        return new(data, taken);
    }

    /// <summary>What somebody still copies is neither replaced nor deleted.</summary>
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
                    "Copy it and end that container (Enter, or kubectl exec POD -c CONTAINER -- oso-snapshot release;"
                    + $" {Others}), then start again. REMOVE=yes would delete what that run holds.");
            }
        }
    }

    /// <summary>Lets streams run beside this run.</summary>
    /// <inheritdoc cref="Take" path="/exception"/>
    public void Share()
    {
        if (_lock?.TryShare() == false)
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Another run has started on {_data.PathSeenByAgent}.",
                "Wait until it has ended, then start again.");
        }
    }

    /// <returns>True where no other run of this program is at work on the data directory.</returns>
    public bool IsAlone() => _lock?.TryTakeAlone() != false;

    /// <summary>From now on what is held is locked, and nothing else.</summary>
    public void MoveTo(Held held)
    {
        FileLock? directory = _lock;
        try
        {
            _lock = TryLock(held.Path, isShared: true);
        }
        catch (IOException)
        {
            // Removed already: the hold sees it.
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

    private bool IsHeld(string path)
    {
        try
        {
            // An archive has one name: a hard link could be any file, such as Prometheus' own lock.
            using FileLock? free = TryLock(path, isShared: false);
            return free is null && _data.Directory.Find(path) is ({ IsDirectory: true } or { LinkCount: 1 });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none, or something else, or another user's, which no agent of ours can hold.
            return false;
        }
    }
}

using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// <c>ULID.tmp-for-creation</c>, in which a restored block is written. Prometheus deletes such directories when it
/// starts: tsdb/db.go, <c>removeBestEffortTmpDirs</c>. Only ours hold a file of ours, locked while we are at work.
/// </summary>
internal sealed class RestoreScratch : IDisposable
{
    /// <summary>The file that only our directories hold.</summary>
    public const string MarkName = "oso-snapshot";

    private const string Extension = ".tmp-for-creation";

    private readonly DataDirectory _data;
    private readonly string _name;
    private readonly FileLock? _lock;

    private RestoreScratch(DataDirectory data, BlockId block)
    {
        (_data, _name) = (data, NameOf(block));
        Folder = data.Directory.CreateDirectory(_name, isPrivate: true);
        try
        {
            Folder.CreateFile(MarkName, DirectoryHandle.OwnerOnly).Dispose();
            _lock = Folder.TryLockFile(MarkName, isShared: false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Nobody else may enter it.</summary>
    public DirectoryHandle Folder { get; }

    public static string NameOf(BlockId block) => block + Extension;

    /// <exception cref="IOException">The name is taken, or the directory can't be made.</exception>
    public static RestoreScratch Create(DataDirectory data, BlockId block) => new(data, block);

    /// <returns>The names of our directories that nobody is at work in.</returns>
    public static IEnumerable<string> FindLeftOver(DataDirectory data) =>
        data.Directory.Names().Where(name => IsName(name) && IsLeftOver(data.Directory, name))
            .Take(DirectoryTree.MaxSortedNames).Order(StringComparer.Ordinal);

    /// <summary>Deletes what interrupted restores have left.</summary>
    /// <returns>The names of what was deleted.</returns>
    /// <exception cref="OperatorException">Something can't be deleted.</exception>
    public static IReadOnlyList<string> DeleteLeftOver(DataDirectory data, CancellationToken token)
    {
        FileStatus own = data.Directory.Status;
        List<string> deleted = [];
        foreach (string name in FindLeftOver(data).ToArray())
        {
            try
            {
                DirectoryTree.Delete(
                    data.Directory,
                    name,
                    directory => ArtefactGuard.Inspect(directory, own),
                    token.ThrowIfCancellationRequested);
                deleted.Add(name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new OperatorException(
                    ExitStatus.ArchiveFailed,
                    $"{data.Directory.PathOf(name)}, which a restore has left, can't be deleted: {e.Message}",
                    Causes.Remedy(e, "Delete it by hand, or restart Prometheus, which deletes it. Then run again."),
                    e);
            }
        }

        return deleted;
    }

    /// <summary>Deletes our file and the directory, which must hold nothing else.</summary>
    public void Dispose()
    {
        try
        {
            // Without its mark, what is left would never be known as ours.
            if (Folder.Names().All(name => name == MarkName)
                && _data.Directory.Find(_name)?.Identity == Folder.Status.Identity)
            {
                Folder.TryDeleteFile(MarkName);
                _data.Directory.DeleteDirectory(_name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next restore, or REMOVE=yes, deletes it. So does Prometheus at its next start.
        }

        _lock?.Dispose();
        Folder.Dispose();
    }

    private static bool IsName(string name) =>
        name.EndsWith(Extension, StringComparison.Ordinal) && BlockId.TryParse(name[..^Extension.Length], out _);

    private static bool IsLeftOver(DirectoryHandle data, string name)
    {
        string mark = $"{name}/{MarkName}";
        if (data.Find(name) is not { IsDirectory: true }
            || data.Find(mark) is not { IsRegularFile: true, LinkCount: 1 })
        {
            return false;
        }

        using FileLock? free = data.TryLockFile(mark, isShared: false);
        return free is not null;
    }
}

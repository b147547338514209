using OsoSnapshot.Formats.Tsdb;
using OsoSnapshot.Formats.Verification;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>
/// Prometheus' data directory, by one descriptor from when it is found. Everything in it is reached from
/// <see cref="Directory"/>. Paths are for messages alone.
/// </summary>
internal sealed class DataDirectory(DirectoryHandle directory) : IDisposable
{
    /// <summary>Made by Prometheus; one directory a snapshot.</summary>
    public const string SnapshotsName = "snapshots";

    public const string ArchiveName = "snapshots.tgz";

    /// <summary>The archive while it is written and not yet verified; then its checksum.</summary>
    public const string PartialName = ArchiveName + ".part";

    public const string ChecksumName = ArchiveName + ChecksumFile.Extension;
    public const string LogName = "snapshots.log";

    // What the in-memory head has on disk, and the lock of a server that runs: tsdb/head.go, tsdbutil/dir_locker.go.
    private const string WalName = "wal";
    private const string HeadChunksName = "chunks_head";
    private const string LockName = "lock";

    // The log of samples that came out of order: tsdb/head.go.
    private const string OutOfOrderName = "wbl";

    public DirectoryHandle Directory => directory;

    public string PathSeenByAgent => directory.Path;

    public string Archive => directory.PathOf(ArchiveName);

    /// <summary>Files of the head, those that exist: their size is about that of the head's block.</summary>
    public IEnumerable<TreeItem> HeadFiles => new[] { WalName, HeadChunksName }.SelectMany(FilesBelow);

    /// <summary>Prometheus' own blocks.</summary>
    public IEnumerable<BlockId> Blocks => BlocksIn(directory);

    /// <summary>The names of the blocks' directories right below a directory.</summary>
    public static IEnumerable<BlockId> BlocksIn(DirectoryHandle directory)
    {
        foreach (string name in directory.Names())
        {
            if (BlockId.TryParse(name, out BlockId id) && directory.Find(name) is { IsDirectory: true })
            {
                yield return id;
            }
        }
    }

    /// <returns>Which of the names that only the directory of a server holds this one holds; null for none.</returns>
    public static string? SignOfServer(DirectoryHandle directory) =>
        Array.Find([WalName, HeadChunksName, LockName], name => directory.Find(name) is not null);

    public static string SnapshotPath(SnapshotName name) => $"{SnapshotsName}/{name}";

    /// <summary>
    /// True when the directory looks like that of a Prometheus server, so that a mistyped path deletes nothing.
    /// </summary>
    public bool HoldsTsdb() =>
        directory.Find(WalName) is { IsDirectory: true } || directory.Find(HeadChunksName) is { IsDirectory: true }
            || Blocks.Any();

    /// <summary>
    /// Whether samples that came out of order are in the head: their log, <c>wbl</c>, has 0 bytes after each compaction
    /// of the head (tsdb/db.go, truncateOOO; seen with 2.42, 2.53 and 3.5). Null where it can't be seen.
    /// </summary>
    public bool? HasOutOfOrderSamples()
    {
        try
        {
            return directory.Find(OutOfOrderName) switch
            {
                null => false,
                { IsDirectory: true } => Walk(OutOfOrderName).Any(IsSegmentWithContent),
                _ => null,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        static bool IsSegmentWithContent(TreeItem item) =>
            item.Path.All(char.IsAsciiDigit) && item.Status is { IsRegularFile: true, SizeBytes: > 0 };
    }

    /// <summary>
    /// Every regular file below a directory, as far as it can be read: Prometheus deletes blocks and segments at any
    /// time.
    /// </summary>
    public IEnumerable<TreeItem> FilesBelow(string path)
    {
        using IEnumerator<TreeItem> items = Walk(path).GetEnumerator();
        while (true)
        {
            try
            {
                if (!items.MoveNext())
                {
                    yield break;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // If it matters, reading it will fail later.
                yield break;
            }

            if (items.Current.Status is { IsRegularFile: true })
            {
                yield return items.Current with { Path = $"{path}/{items.Current.Path}" };
            }
        }
    }

    /// <summary>Names of the snapshots that lie there, of earlier runs and of failed ones too.</summary>
    public IReadOnlySet<string> SnapshotNames()
    {
        using DirectoryHandle? snapshots = directory.FindDirectory(SnapshotsName);
        return snapshots is null
            ? new HashSet<string>()
            : snapshots.Names().Where(name => snapshots.Find(name) is { IsDirectory: true })
                .Take(DirectoryTree.MaxSortedNames).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>True when the snapshot lies there and is no link that leads elsewhere.</summary>
    public bool HasSnapshot(SnapshotName name) => directory.Find(SnapshotPath(name)) is { IsDirectory: true };

    public void Dispose() => directory.Dispose();

    private IEnumerable<TreeItem> Walk(string path)
    {
        using DirectoryHandle? below = directory.FindDirectory(path);
        foreach (TreeItem item in below is null ? [] : DirectoryTree.Walk(below, TreeOrder.AsListed))
        {
            yield return item;
        }
    }
}

using System.Globalization;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// Prometheus' data directory, held open by one descriptor. Everything in it is reached from <see cref="Directory"/>.
/// Use its paths in messages only.
/// </summary>
internal sealed class DataDirectory(DirectoryHandle directory) : IDisposable
{
    /// <summary>Prometheus makes it, and a directory in it for each snapshot.</summary>
    public const string SnapshotsName = "snapshots";

    public const string ArchiveName = "snapshots.tgz";

    /// <summary>The name of the archive until it is verified, and then of the checksum until it is complete.</summary>
    public const string PartialName = ArchiveName + ".part";

    public const string ChecksumName = ArchiveName + ChecksumFile.Extension;
    public const string LogName = "snapshots.log";

    // The head's files on disk, and the lock of a running server: tsdb/head.go, tsdbutil/dir_locker.go.
    private const string WalName = "wal";
    private const string CheckpointPrefix = "checkpoint.";
    private const string HeadChunksName = "chunks_head";
    private const string LockName = "lock";

    // The log of samples that came out of order: tsdb/head.go.
    private const string OutOfOrderName = "wbl";

    public DirectoryHandle Directory => directory;

    public string PathSeenByAgent => directory.Path;

    public string Archive => directory.PathOf(ArchiveName);

    /// <summary>
    /// The files that Prometheus reads the head from: numbered segments and the newest checkpoint. Their size is about
    /// that of the head's block. A <c>checkpoint.N.tmp</c> that failed is none of them: tsdb/wlog/checkpoint.go.
    /// </summary>
    public IEnumerable<TreeItem> HeadFiles => new[] { WalName, HeadChunksName, NewestCheckpoint() }
        .OfType<string>().SelectMany(FilesIn).Where(item => item.Name.All(char.IsAsciiDigit));

    /// <summary>Prometheus' own blocks.</summary>
    public IEnumerable<BlockId> Blocks => BlocksIn(directory);

    /// <summary>The names of block directories right below a directory.</summary>
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

    /// <returns>A name in the directory that only a server's directory has; null if there is none.</returns>
    public static string? SignOfServer(DirectoryHandle directory) =>
        Array.Find([WalName, HeadChunksName, LockName], name => directory.Find(name) is not null);

    public static string SnapshotPath(SnapshotName name) => $"{SnapshotsName}/{name}";

    /// <summary>
    /// True if the directory looks like that of a Prometheus server. The check protects other directories from a
    /// mistyped path.
    /// </summary>
    public bool HoldsTsdb() =>
        directory.Find(WalName) is { IsDirectory: true } || directory.Find(HeadChunksName) is { IsDirectory: true }
            || Blocks.Any();

    /// <summary>
    /// Whether the head holds samples that came out of order; null if that can't be seen. Their log <c>wbl</c> has 0
    /// bytes after each compaction of the head (tsdb/db.go, truncateOOO; seen with 2.42, 2.53 and 3.5).
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
    /// The regular files below a directory that can be read. Prometheus may delete blocks and segments meanwhile.
    /// </summary>
    public IEnumerable<TreeItem> FilesBelow(string path) => Files(path, enters: null);

    private IEnumerable<TreeItem> FilesIn(string path) => Files(path, enters: _ => false);

    private IEnumerable<TreeItem> Files(string path, Predicate<TreeItem>? enters)
    {
        using IEnumerator<TreeItem> items = Walk(path, enters).GetEnumerator();
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
                // If the run needs the file, reading it fails later.
                yield break;
            }

            if (items.Current.Status is { IsRegularFile: true })
            {
                yield return items.Current with { Path = $"{path}/{items.Current.Path}" };
            }
        }
    }

    /// <summary>The names of all snapshots in the directory, also of those that failed.</summary>
    public IReadOnlySet<string> SnapshotNames()
    {
        using DirectoryHandle? snapshots = directory.FindDirectory(SnapshotsName);
        return snapshots is null
            ? new HashSet<string>()
            : snapshots.Names().Where(name => snapshots.Find(name) is { IsDirectory: true })
                .Take(DirectoryTree.MaxSortedNames).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>True if the snapshot exists and is not a link.</summary>
    public bool HasSnapshot(SnapshotName name) => directory.Find(SnapshotPath(name)) is { IsDirectory: true };

    public void Dispose() => directory.Dispose();

    // Prometheus reads the last checkpoint, and every segment that is there: tsdb/wlog/checkpoint.go, LastCheckpoint.
    private string? NewestCheckpoint()
    {
        (string Name, ulong Number)? newest = null;
        try
        {
            using DirectoryHandle? wal = directory.FindDirectory(WalName);
            foreach (string name in wal?.Names() ?? [])
            {
                if (CheckpointNumber(name) is { } number && !(newest?.Number > number))
                {
                    newest = (name, number);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // If the run needs the directory, reading it fails later.
        }

        return newest is { } found ? $"{WalName}/{found.Name}" : null;
    }

    private static ulong? CheckpointNumber(string name) =>
        name.StartsWith(CheckpointPrefix, StringComparison.Ordinal)
        && ulong.TryParse(
            name[CheckpointPrefix.Length..],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out ulong number)
            ? number
            : null;

    private IEnumerable<TreeItem> Walk(string path, Predicate<TreeItem>? enters = null)
    {
        using DirectoryHandle? below = directory.FindDirectory(path);
        foreach (TreeItem item in below is null ? [] : DirectoryTree.Walk(below, TreeOrder.AsListed, enters))
        {
            yield return item;
        }
    }
}

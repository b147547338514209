using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Target;

/// <summary>Prometheus' data directory and our files in it. Nothing else is ever created or deleted there.</summary>
internal sealed class DataDirectory(string pathSeenByAgent)
{
    public const string SnapshotsName = "snapshots";
    public const string ArchiveName = "snapshots.tgz";
    public const string ChecksumExtension = ".sha256";

    // .NET's own default would walk through links that lead to directories.
    private static readonly EnumerationOptions WithoutLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    public string PathSeenByAgent => pathSeenByAgent;

    /// <summary>Made by Prometheus; one directory a snapshot.</summary>
    public string Snapshots => Path.Join(pathSeenByAgent, SnapshotsName);

    public string Archive => Path.Join(pathSeenByAgent, ArchiveName);

    /// <summary>The archive while it is written and not yet verified.</summary>
    public string PartialArchive => Archive + ".part";

    public string Checksum => Archive + ChecksumExtension;

    public string Log => Path.Join(pathSeenByAgent, "snapshots.log");

    /// <summary>The archive, whole or not, and its checksum.</summary>
    public IEnumerable<string> ArchiveFiles => [Archive, PartialArchive, Checksum];

    /// <summary>Every file of ours; the directory of the snapshots is the other thing that we delete.</summary>
    public IEnumerable<string> Artefacts => ArchiveFiles.Append(Log);

    /// <summary>What the in-memory head has on disk, those that exist: its size there is about that of the head's block.</summary>
    public IEnumerable<string> HeadDirectories => HeadPaths.Where(Directory.Exists);

    /// <summary>Bytes that an unprivileged process may still write to the volume.</summary>
    public long FreeBytes => new DriveInfo(pathSeenByAgent).AvailableFreeSpace;

    public long VolumeBytes => new DriveInfo(pathSeenByAgent).TotalSize;

    public string SnapshotPath(SnapshotName name) => Path.Join(Snapshots, name.Text);

    /// <summary>Free bytes beyond the reserve; negative when the volume has less free than the reserve.</summary>
    public long RoomBytes(Reserve reserve) => FreeBytes - reserve.BytesOf(VolumeBytes);

    // A link could lead anywhere.
    private bool HasSnapshots => FileStatus.Find(Snapshots) is { IsDirectory: true };

    private string[] HeadPaths => [Path.Join(pathSeenByAgent, "wal"), Path.Join(pathSeenByAgent, "chunks_head")];

    /// <summary>The blocks' directories right below <paramref name="directory"/>.</summary>
    public static IEnumerable<string> Blocks(string directory) =>
        Directory.EnumerateDirectories(directory).Where(path => Ulid.IsValid(Path.GetFileName(path)) && FileStatus.Find(path) is { IsDirectory: true });

    /// <summary>Every file below; none where the directory has gone, since Prometheus deletes blocks and segments at any time.</summary>
    public static IEnumerable<string> FilesBelow(string directory)
    {
        try
        {
            return Directory.GetFiles(directory, "*", WithoutLinks);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>True when the directory looks like that of a Prometheus server, so that a mistyped path deletes nothing.</summary>
    public bool HoldsTsdb() =>
        HeadDirectories.Any() || Blocks(pathSeenByAgent).Any();

    /// <summary>
    /// Whether samples that came out of order are in the head: their log, <c>wbl</c>, has 0 bytes after each compaction
    /// of the head (tsdb/db.go, truncateOOO; seen with 2.42, 2.53 and 3.5). Null where it can't be seen.
    /// </summary>
    public bool? HasOutOfOrderSamples()
    {
        string log = Path.Join(pathSeenByAgent, "wbl");
        try
        {
            return FileStatus.Find(log) is not { } status ? false
                : status.IsDirectory ? Directory.EnumerateFiles(log).Any(IsSegmentWithContent)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        static bool IsSegmentWithContent(string path) => Path.GetFileName(path).All(char.IsAsciiDigit)
            && FileStatus.Find(path) is { IsRegularFile: true, SizeBytes: > 0 };
    }

    /// <summary>Names of the snapshots that lie there, of earlier runs and of failed ones too.</summary>
    public IReadOnlySet<string> SnapshotNames() => HasSnapshots
        ? Directory.EnumerateDirectories(Snapshots).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal)
        : new HashSet<string>();

    /// <summary>Deletes everything that this program and its snapshots have put there, the log included.</summary>
    /// <returns>The names of what was there.</returns>
    public IReadOnlyList<string> DeleteArtefacts()
    {
        List<string> removed = [];
        foreach (string path in Artefacts.Where(path => FileStatus.Find(path) is not null))
        {
            File.Delete(path);
            removed.Add(Path.GetFileName(path));
        }

        if (DeleteSnapshots())
        {
            removed.Add(SnapshotsName + "/");
        }

        return removed;
    }

    /// <summary>
    /// Deletes all snapshots; of a link in their place the link only. Prometheus may still be making one that a run asked for which has
    /// been killed, and rename or add directories under our hands; so a failure is tried again for a second.
    /// </summary>
    /// <returns>false where there was none.</returns>
    /// <exception cref="AgentException">Something in it can't be deleted.</exception>
    public bool DeleteSnapshots()
    {
        const int Tries = 10;
        FileStatus? status = FileStatus.Find(Snapshots);
        if (status is { IsDirectory: false })
        {
            File.Delete(Snapshots);
        }

        for (int tried = 1; FileStatus.Find(Snapshots) is not null; tried++)
        {
            try
            {
                Directory.Delete(Snapshots, recursive: true);
            }
            catch (IOException) when (tried < Tries)
            {
                Thread.Sleep(TimeSpan.FromSeconds(0.1));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new AgentException(
                    ExitStatus.ArchiveFailed, $"{Snapshots} can't be deleted: {e.Message}",
                    "Delete it by hand: a file in it has another owner, is still being written, or has a name that is not UTF-8. Then run again.", e);
            }
        }

        return status is not null;
    }

    public void DeleteSnapshot(SnapshotName name)
    {
        if (HasSnapshots && FileStatus.Find(SnapshotPath(name)) is not null)
        {
            Directory.Delete(SnapshotPath(name), recursive: true);
        }
    }

    /// <summary>True when the snapshot lies there and is no link that leads elsewhere.</summary>
    public bool HasSnapshotDirectory(SnapshotName name) => HasSnapshots && FileStatus.Find(SnapshotPath(name)) is { IsDirectory: true };

    /// <summary>Before anything is deleted: what has the name of ours, but can't be ours.</summary>
    /// <param name="files">Those of ours that will be deleted.</param>
    /// <exception cref="AgentException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public void RefuseForeign(IEnumerable<string> files)
    {
        foreach (string path in files)
        {
            RefuseForeign(path, isForeign: FileStatus.Find(path) is { IsDirectory: true }, "is a directory, where a file of ours would be");
        }

        RefuseForeign(Snapshots, FileStatus.Find(Snapshots) is { IsDirectory: false, IsSymbolicLink: false }, "is no directory, where Prometheus makes its snapshots");
    }

    /// <summary>Bytes that deleting the finished archive would give back.</summary>
    public long ArchiveAllocatedBytes() => FileStatus.Find(Archive)?.AllocatedBytes ?? 0;

    /// <summary>
    /// Bytes that deleting our files would give back. A block of a snapshot is mostly hard links of live blocks: these
    /// free nothing.
    /// </summary>
    public long ReclaimableBytes()
    {
        IEnumerable<string> snapshotFiles = HasSnapshots ? FilesBelow(Snapshots) : [];
        return ArchiveFiles.Concat(snapshotFiles)
            .Select(FileStatus.Find)
            .Sum(status => status is { LinkCount: 1 } ? status.AllocatedBytes : 0);
    }

    private static void RefuseForeign(string path, bool isForeign, string what)
    {
        if (isForeign)
        {
            throw new AgentException(ExitStatus.ArchiveFailed, $"{path} {what}. Nothing was touched.", "Look at what it is, move it away or delete it, and run again.");
        }
    }
}

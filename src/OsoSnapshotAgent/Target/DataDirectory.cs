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

    /// <summary>Bytes that an unprivileged process may still write to the volume.</summary>
    public long FreeBytes => new DriveInfo(pathSeenByAgent).AvailableFreeSpace;

    public long VolumeBytes => new DriveInfo(pathSeenByAgent).TotalSize;

    public string SnapshotPath(SnapshotName name) => Path.Join(Snapshots, name.Text);

    /// <summary>Free bytes beyond the reserve; negative when the volume has less free than the reserve.</summary>
    public long RoomBytes(Reserve reserve) => FreeBytes - reserve.BytesOf(VolumeBytes);

    /// <summary>True when the directory looks like that of a Prometheus server, so that a mistyped path deletes nothing.</summary>
    public bool HoldsTsdb() =>
        Directory.Exists(Path.Join(pathSeenByAgent, "wal"))
        || Directory.Exists(Path.Join(pathSeenByAgent, "chunks_head"))
        || Directory.EnumerateDirectories(pathSeenByAgent).Any(path => Ulid.IsValid(Path.GetFileName(path)));

    /// <summary>Names of the snapshots that lie there, of earlier runs and of failed ones too.</summary>
    public IReadOnlySet<string> SnapshotNames() => Directory.Exists(Snapshots)
        ? Directory.EnumerateDirectories(Snapshots).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal)
        : new HashSet<string>();

    /// <summary>Deletes everything that this program and its snapshots have put there, the log included.</summary>
    /// <returns>The names of what was there.</returns>
    public IReadOnlyList<string> DeleteArtefacts()
    {
        List<string> removed = [];
        foreach (string path in ArchiveFiles.Append(Log).Where(path => FileStatus.Find(path) is not null))
        {
            File.Delete(path);
            removed.Add(Path.GetFileName(path));
        }

        if (Directory.Exists(Snapshots))
        {
            Directory.Delete(Snapshots, recursive: true);
            removed.Add(SnapshotsName + "/");
        }

        return removed;
    }

    /// <summary>
    /// Bytes that deleting our files would give back. A block of a snapshot is mostly hard links of live blocks: these
    /// free nothing.
    /// </summary>
    public long ReclaimableBytes()
    {
        IEnumerable<string> snapshotFiles = Directory.Exists(Snapshots)
            ? Directory.EnumerateFiles(Snapshots, "*", SearchOption.AllDirectories)
            : [];
        return ArchiveFiles.Concat(snapshotFiles)
            .Select(FileStatus.Find)
            .Sum(status => status is { LinkCount: 1 } ? status.AllocatedBytes : 0);
    }
}

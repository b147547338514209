using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Lists what REMOVE=yes would delete, without changing anything.</summary>
internal static class VolumeSurvey
{
    /// <exception cref="IOException">The directory can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be read.</exception>
    public static VolumeListing Of(TargetContainer target)
    {
        DataDirectory data = target.Data;
        string directory = PathInContainer(data);
        List<VolumeItem> items = [];
        long leftOut = 0;
        IEnumerable<string> snapshots = data.SnapshotNames().Order(StringComparer.Ordinal)
            .Select(name => $"{DataDirectory.SnapshotsName}/{name}");
        foreach (string name in Artefacts.Files.Reverse().Concat(snapshots).Concat(RestoreScratch.FindLeftOver(data)))
        {
            if (items.Count == VolumeListing.MaxItems)
            {
                leftOut++;
            }
            else if (data.Directory.Find(name) is { } found)
            {
                items.Add(Describe(data, directory, name, found));
            }
        }

        return new() { DataDirectory = directory, Items = items, ItemsLeftOut = leftOut };
    }

    /// <summary>The data directory as its own container sees it.</summary>
    public static string PathInContainer(DataDirectory data) =>
        ProcRootPath.TryParse("/proc", data.PathSeenByAgent, out ProcRootPath? path)
            ? path.PathInContainer
            : data.PathSeenByAgent;

    private static VolumeItem Describe(DataDirectory data, string directory, string name, FileStatus found)
    {
        FileStatus[] files = found.IsDirectory
            ? [.. data.FilesBelow(name).Take(DirectoryTree.MaxSortedNames).Select(item => item.Status!)]
            : [found];
        return new()
        {
            Name = name,
            PathInContainer = $"{directory.TrimEnd('/')}/{name}",
            Bytes = ByteSize.Sum(files.Select(file => file.AllocatedBytes)),
            FreedBytes = ByteSize.Sum(files.Select(file => file.LinkCount == 1 ? file.AllocatedBytes : 0)),
            Modified = found.ModifiedAt,
        };
    }
}

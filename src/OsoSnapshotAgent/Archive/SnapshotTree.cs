using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Archive;

/// <summary>A file or directory of a snapshot and its name in the archive.</summary>
/// <param name="EntryName"><c>snapshots/NAME/ULID/chunks/000001</c>; a directory's ends with a slash.</param>
/// <param name="Path">As the agent sees it.</param>
internal sealed record TreeEntry(string EntryName, string Path, FileStatus Status);

/// <summary>The files of one snapshot in the order of their names, so that equal snapshots give equal archives.</summary>
internal static class SnapshotTree
{
    /// <param name="isWanted">Says of a block's directory whether it goes into the archive.</param>
    /// <exception cref="AgentException">The snapshot holds something other than files and directories.</exception>
    public static IEnumerable<TreeEntry> Walk(DataDirectory data, SnapshotName name, Func<string, bool> isWanted)
    {
        string path = data.SnapshotPath(name);
        TreeEntry top = new($"{DataDirectory.SnapshotsName}/{name}/", path, FileStatus.Of(path));
        return Children(top, isBlockLevel: true).Prepend(top);

        IEnumerable<TreeEntry> Children(TreeEntry directory, bool isBlockLevel) =>
            Directory.EnumerateFileSystemEntries(directory.Path)
                .Order(StringComparer.Ordinal)
                .Where(child => !isBlockLevel || isWanted(child))
                .SelectMany(child => Entry(directory, child));

        IEnumerable<TreeEntry> Entry(TreeEntry directory, string child)
        {
            FileStatus status = FileStatus.Of(child);
            string entryName = directory.EntryName + System.IO.Path.GetFileName(child);
            if (status.IsDirectory)
            {
                TreeEntry entry = new(entryName + "/", child, status);
                return Children(entry, isBlockLevel: false).Prepend(entry);
            }

            return status.IsRegularFile
                ? [new TreeEntry(entryName, child, status)]
                : throw new AgentException(ExitStatus.ArchiveFailed, $"{child} is neither a file nor a directory; Prometheus makes nothing else in a snapshot.", "Look at what it is, delete it, and run again.");
        }
    }
}

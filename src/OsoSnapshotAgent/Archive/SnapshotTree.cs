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
        return !data.HasSnapshotDirectory(name)
            ? throw Foreign($"{path} is no directory any more.")
            : Entries(new($"{DataDirectory.SnapshotsName}/{name}/", path, FileStatus.Of(path)), isWanted);
    }

    /// <summary>What lies in a directory, at any depth.</summary>
    /// <param name="entryName">Of the directory, with a slash at its end.</param>
    /// <exception cref="AgentException">Something other than files and directories.</exception>
    public static IEnumerable<TreeEntry> Below(string path, string entryName) =>
        Entries(new(entryName, path, FileStatus.Of(path)), _ => true).Skip(1);

    private static IEnumerable<TreeEntry> Entries(TreeEntry directory, Func<string, bool> isWanted) =>
        Directory.EnumerateFileSystemEntries(directory.Path)
            .Order(StringComparer.Ordinal)
            .SelectMany(child => Entries(directory.EntryName + System.IO.Path.GetFileName(child), child, isWanted))
            .Prepend(directory);

    private static IEnumerable<TreeEntry> Entries(string entryName, string path, Func<string, bool> isWanted)
    {
        FileStatus status = FileStatus.Find(path) ?? throw Foreign(path.Contains('\uFFFD', StringComparison.Ordinal)
            ? $"{path} has a name that is not UTF-8; Prometheus makes none."
            : $"{path} has vanished; Prometheus deletes nothing in a snapshot.");
        return status.IsDirectory ? isWanted(path) ? Entries(new(entryName + "/", path, status), _ => true) : []
            : status.IsRegularFile ? [new TreeEntry(entryName, path, status)]
            : throw Foreign($"{path} is neither a file nor a directory; Prometheus makes nothing else in a snapshot.");
    }

    private static AgentException Foreign(string problem) =>
        new(ExitStatus.ArchiveFailed, problem, "Find out what else writes below the data directory, look at what it is, delete it, and run again.");
}

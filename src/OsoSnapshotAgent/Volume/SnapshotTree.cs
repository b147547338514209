using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotAgent.Volume;

/// <summary>A file or directory that goes into an archive.</summary>
/// <param name="EntryName">The name in the archive: <c>snapshots/NAME/ULID/chunks/000001</c>. The name of a directory
/// ends with a slash.</param>
/// <param name="Parent">The open directory that holds it; null for the snapshot itself.</param>
internal sealed record TreeEntry(string EntryName, FileStatus Status, DirectoryHandle? Parent = null, string Name = "")
{
    public string PathSeenByAgent => Parent?.PathOf(Name) ?? EntryName;

    /// <summary>Opens the file that the walk has found, and no other.</summary>
    /// <exception cref="FileNotFoundException">The file has vanished.</exception>
    /// <exception cref="IOException">The file was replaced, or another error occurred.</exception>
    public FileStream OpenFile()
    {
        FileStream file = Parent!.OpenFile(Name);
        if (Statx.Of(file.SafeFileHandle, PathSeenByAgent).Identity == Status.Identity)
        {
            return file;
        }

        file.Dispose();
        throw new IOException($"{PathSeenByAgent} was replaced meanwhile");
    }
}

/// <summary>Walks the files of one snapshot by name, so that equal snapshots give equal archives.</summary>
internal static class SnapshotTree
{
    /// <param name="isWanted">Whether a directory in the snapshot goes into the archive, by its name.</param>
    /// <returns>
    /// The entries, each valid until the next one is asked for. Each enumeration reads the directories anew.
    /// </returns>
    /// <exception cref="OperatorException">The snapshot holds something other than files and directories.</exception>
    public static IEnumerable<TreeEntry> Walk(DataDirectory data, SnapshotName name, Predicate<string> isWanted)
    {
        using DirectoryHandle snapshot = Open(data, name);
        string path = DataDirectory.SnapshotPath(name);
        yield return new($"{path}/", snapshot.Status);
        foreach (TreeEntry entry in Below(snapshot, path + "/", isWanted))
        {
            yield return entry;
        }
    }

    /// <exception cref="OperatorException">The snapshot is no longer a directory.</exception>
    public static DirectoryHandle Open(DataDirectory data, SnapshotName name)
    {
        string path = DataDirectory.SnapshotPath(name);
        return data.Directory.FindDirectory(path) ?? throw Foreign(
            $"{data.Directory.PathOf(path)} is no longer a directory.");
    }

    /// <summary>Walks the content of a directory, at any depth.</summary>
    /// <param name="entryName">The directory's name in the archive, with a slash at its end.</param>
    /// <param name="isWanted">Whether a directory right below is walked, by its name; null to walk all.</param>
    /// <exception cref="OperatorException">It holds something other than files and directories.</exception>
    public static IEnumerable<TreeEntry> Below(
        DirectoryHandle directory,
        string entryName,
        Predicate<string>? isWanted = null)
    {
        bool IsWanted(TreeItem item) =>
            isWanted is null || item.Path.Contains('/', StringComparison.Ordinal) || isWanted(item.Name);
        return DirectoryTree.Walk(directory, TreeOrder.ByName, enters: IsWanted)
            .Where(item => !item.IsDirectory || IsWanted(item))
            .Select(item => Entry(item, entryName + item.Path));
    }

    private static TreeEntry Entry(TreeItem item, string entryName) => item.Status switch
    {
        null => throw Foreign($"{item.PathSeenByAgent} has vanished. Prometheus deletes nothing in a snapshot."),
        _ when !FileName.IsUtf8(item.Name) =>
            throw Foreign($"{item.PathSeenByAgent} has a name that is not UTF-8. Prometheus makes no such name."),
        { IsDirectory: true } => new(entryName + "/", item.Status, item.Parent, item.Name),
        { IsRegularFile: true } => new(entryName, item.Status, item.Parent, item.Name),
        _ =>
            throw Foreign(
                $"{item.PathSeenByAgent} is neither a file nor a directory. Prometheus makes nothing else in a snapshot."),
    };

    private static OperatorException Foreign(string problem) =>
        new(
            ExitStatus.ArchiveFailed,
            problem,
            "Find out what else writes below the data directory. Look at what it made there, delete it, and run again.");
}

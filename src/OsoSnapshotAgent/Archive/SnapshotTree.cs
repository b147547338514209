using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>A file or directory that goes into an archive.</summary>
/// <param name="EntryName">In the archive, <c>snapshots/NAME/ULID/chunks/000001</c>; a directory's ends with a
/// slash.</param>
/// <param name="Parent">The open directory in which it lies; null for the snapshot itself.</param>
internal sealed record TreeEntry(string EntryName, FileStatus Status, DirectoryHandle? Parent = null, string Name = "")
{
    public string PathSeenByAgent => Parent?.PathOf(Name) ?? EntryName;

    /// <summary>Opens the file that the walk has found, and no other.</summary>
    /// <exception cref="FileNotFoundException">It has vanished.</exception>
    /// <exception cref="IOException">It has been replaced, or any other failure.</exception>
    public FileStream OpenFile()
    {
        FileStream file = Parent!.OpenFile(Name);
        if (FileStatus.Of(file.SafeFileHandle, PathSeenByAgent).Identity == Status.Identity)
        {
            return file;
        }

        file.Dispose();
        throw new IOException($"{PathSeenByAgent} was replaced meanwhile");
    }
}

/// <summary>
/// The files of one snapshot in the order of their names, so that equal snapshots give equal archives.
/// </summary>
internal static class SnapshotTree
{
    /// <param name="isWanted">Says of the name of a directory in the snapshot whether it goes into the archive.</param>
    /// <returns>An entry is valid until the next one is asked for. The directories are read anew each time.</returns>
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

    /// <exception cref="OperatorException">It is no directory any more.</exception>
    public static DirectoryHandle Open(DataDirectory data, SnapshotName name)
    {
        string path = DataDirectory.SnapshotPath(name);
        return data.Directory.FindDirectory(path) ?? throw Foreign(
            $"{data.Directory.PathOf(path)} is no directory any more.");
    }

    /// <summary>What lies in a directory, at any depth.</summary>
    /// <param name="entryName">Of the directory, with a slash at its end.</param>
    /// <param name="isWanted">Of a directory right below; null for all.</param>
    /// <exception cref="OperatorException">Something other than files and directories.</exception>
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
        null => throw Foreign($"{item.PathSeenByAgent} has vanished; Prometheus deletes nothing in a snapshot."),
        _ when !FileName.IsUtf8(item.Name) =>
            throw Foreign($"{item.PathSeenByAgent} has a name that is not UTF-8; Prometheus makes none."),
        { IsDirectory: true } => new(entryName + "/", item.Status, item.Parent, item.Name),
        { IsRegularFile: true } => new(entryName, item.Status, item.Parent, item.Name),
        _ =>
            throw Foreign(
                $"{item.PathSeenByAgent} is neither a file nor a directory; Prometheus makes nothing else in a snapshot."),
    };

    private static OperatorException Foreign(string problem) =>
        new(
            ExitStatus.ArchiveFailed,
            problem,
            "Find out what else writes below the data directory, look at what it is, delete it, and run again.");
}

namespace OsoSnapshotAgent.Linux;

/// <summary>In which order a tree is walked.</summary>
internal enum TreeOrder
{
    /// <summary>As the file system lists it; a directory comes before what lies in it.</summary>
    AsListed,

    /// <summary>By name; a directory comes before what lies in it.</summary>
    ByName,

    /// <summary>As the file system lists it; a directory comes after what lies in it.</summary>
    ContentFirst,
}

/// <summary>An entry that a walk has reached.</summary>
/// <param name="Parent">Open for as long as the walk is at this entry.</param>
/// <param name="Path">Below the directory in which the walk began.</param>
/// <param name="Status">null where it was listed, but has vanished since.</param>
internal readonly record struct TreeItem(DirectoryHandle Parent, string Name, string Path, FileStatus? Status)
{
    public bool IsDirectory => Status is { IsDirectory: true };

    public string PathSeenByAgent => Parent.PathOf(Name);
}

/// <summary>
/// Directories and all that lies below them, by descriptors: for reading, adding up and deleting alike.
/// </summary>
internal static class DirectoryTree
{
    /// <summary>A snapshot has three levels; deeper directories are not Prometheus'.</summary>
    public const int MaxDepth = 32;

    /// <summary>Names that are sorted at once; Prometheus' largest directory holds the segments of one block.</summary>
    public const int MaxSortedNames = 100_000;

    /// <param name="enters">Whether what lies in a directory is walked too; null: always.</param>
    /// <param name="inspect">Called with each directory before anything in it is listed.</param>
    /// <exception cref="IOException">Too deep, too many names to sort, or a directory was replaced
    /// meanwhile.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be read.</exception>
    public static IEnumerable<TreeItem> Walk(
        DirectoryHandle directory,
        TreeOrder order,
        Predicate<TreeItem>? enters = null,
        Action<DirectoryHandle>? inspect = null) =>
        Below(directory, prefix: string.Empty, depth: 1, new(order, enters, inspect));

    /// <summary>Deletes a directory with all that lies in it.</summary>
    /// <param name="inspect">Called with each directory before anything in it is deleted; throws where it must
    /// stay.</param>
    /// <param name="deleted">Called after each deletion.</param>
    /// <exception cref="IOException">Something could not be deleted, or was added meanwhile.</exception>
    /// <exception cref="UnauthorizedAccessException">Something may not be deleted.</exception>
    public static void Delete(DirectoryHandle parent, string name, Action<DirectoryHandle> inspect, Action deleted)
    {
        using (DirectoryHandle directory = parent.OpenDirectory(name))
        {
            foreach (TreeItem item in Walk(directory, TreeOrder.ContentFirst, inspect: inspect))
            {
                if (item.IsDirectory)
                {
                    item.Parent.DeleteDirectory(item.Name);
                }
                else if (item.Status is not null)
                {
                    item.Parent.DeleteFile(item.Name);
                }

                deleted();
            }
        }

        parent.DeleteDirectory(name);
    }

    private static IEnumerable<TreeItem> Below(DirectoryHandle directory, string prefix, int depth, Manner manner)
    {
        if (depth > MaxDepth)
        {
            throw new IOException(
                $"{directory.Path} lies more than {MaxDepth} directories deep; nothing that Prometheus makes does");
        }

        manner.Inspect?.Invoke(directory);
        foreach (string name in manner.Order == TreeOrder.ByName ? Sorted(directory) : directory.Names())
        {
            TreeItem item = new(directory, name, prefix + name, directory.Find(name));
            bool comesAfterContent = item.IsDirectory && manner.Order == TreeOrder.ContentFirst;
            if (!comesAfterContent)
            {
                yield return item;
            }

            bool isEntered = item.IsDirectory && manner.Enters?.Invoke(item) != false;
            using (DirectoryHandle? content = isEntered ? directory.FindDirectory(name) : null)
            {
                foreach (TreeItem below in content is null ? [] : Below(content, item.Path + "/", depth + 1, manner))
                {
                    yield return below;
                }
            }

            if (comesAfterContent)
            {
                yield return item;
            }
        }
    }

    private static List<string> Sorted(DirectoryHandle directory)
    {
        List<string> names = [.. directory.Names().Take(MaxSortedNames + 1)];
        if (names.Count > MaxSortedNames)
        {
            throw new IOException(
                $"{directory.Path} holds more than {MaxSortedNames} entries; nothing that Prometheus makes does");
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private readonly record struct Manner(
        TreeOrder Order,
        Predicate<TreeItem>? Enters,
        Action<DirectoryHandle>? Inspect);
}

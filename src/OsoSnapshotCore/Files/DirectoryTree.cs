namespace OsoSnapshotCore.Files;

/// <summary>The order in which a tree is walked.</summary>
internal enum TreeOrder
{
    /// <summary>As the file system lists it; a directory comes before its content.</summary>
    AsListed,

    /// <summary>By name; a directory comes before its content.</summary>
    ByName,

    /// <summary>As the file system lists it; a directory comes after its content.</summary>
    ContentFirst,
}

/// <summary>An entry that a walk has reached.</summary>
/// <param name="Parent">Stays open while the walk is at this entry.</param>
/// <param name="Path">Relative to the directory in which the walk began.</param>
/// <param name="Status">null if the entry vanished after it was listed.</param>
internal readonly record struct TreeItem(DirectoryHandle Parent, string Name, string Path, FileStatus? Status)
{
    public bool IsDirectory => Status is { IsDirectory: true };

    public string PathSeenByAgent => Parent.PathOf(Name);
}

/// <summary>Walks directories by their descriptors, to read them, add them up or delete them.</summary>
internal static class DirectoryTree
{
    /// <summary>A snapshot has three levels. Prometheus makes no deeper directories.</summary>
    public const int MaxDepth = 32;

    /// <summary>
    /// The largest directory that is sorted. Prometheus' largest one holds the segments of one block.
    /// </summary>
    public const int MaxSortedNames = 100_000;

    /// <param name="enters">Whether the walk enters a directory; null if it enters all.</param>
    /// <param name="inspect">Called with each directory before it is listed.</param>
    /// <exception cref="IOException">The tree is too deep, has too many names to sort, or a directory was replaced
    /// meanwhile.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be read.</exception>
    public static IEnumerable<TreeItem> Walk(
        DirectoryHandle directory,
        TreeOrder order,
        Predicate<TreeItem>? enters = null,
        Action<DirectoryHandle>? inspect = null) =>
        Below(directory, prefix: string.Empty, depth: 1, new(order, enters, inspect));

    /// <summary>Deletes a directory with its content.</summary>
    /// <param name="inspect">Called with each directory before its content is deleted; throws if the directory must
    /// stay.</param>
    /// <param name="deleted">Called after each deletion.</param>
    /// <exception cref="IOException">Something can't be deleted, or was added meanwhile.</exception>
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
                $"{directory.Path} lies more than {MaxDepth} directories deep, and Prometheus makes no such tree");
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
                $"{directory.Path} holds more than {MaxSortedNames} entries, and Prometheus makes no such directory");
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private readonly record struct Manner(
        TreeOrder Order,
        Predicate<TreeItem>? Enters,
        Action<DirectoryHandle>? Inspect);
}

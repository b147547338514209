using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotCore.Archives;

/// <summary>Checks a directory of blocks.</summary>
internal static class BlockDirectoryCheck
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>
    /// Reads every block right below a directory: a snapshot, or a data directory (restored or live).
    /// </summary>
    /// <exception cref="OperatorException">A block holds something other than files and directories.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static BlockAudit Run(DirectoryHandle directory, Action<BlockReport> finished, CancellationToken token)
    {
        BlockAudit audit = new(finished, (block, path) => directory.OpenFile($"{block}/{path}"));
        byte[] buffer = new byte[BufferBytes];
        foreach (BlockId block in BlocksIn(directory))
        {
            audit.StartBlock(block);
            using DirectoryHandle content = directory.OpenDirectory(block.Text);
            foreach (TreeItem item in FilesIn(content))
            {
                audit.StartFile($"{block}/{item.Path}");
                using FileStream source = item.Parent.OpenFile(item.Name);
                int count;
                while ((count = source.Read(buffer)) > 0)
                {
                    token.ThrowIfCancellationRequested();
                    audit.Append(buffer.AsSpan(0, count));
                }

                audit.FinishFile();
            }
        }

        audit.Finish();
        return audit;
    }

    /// <summary>The files of a block, in the order of their names.</summary>
    /// <exception cref="OperatorException">The block holds something other than files and directories.</exception>
    /// <exception cref="IOException">A directory can't be read, or a file has vanished.</exception>
    public static IEnumerable<TreeItem> FilesIn(DirectoryHandle block) =>
        DirectoryTree.Walk(block, TreeOrder.ByName).Where(item => !item.IsDirectory).Select(RequireFile);

    /// <summary>The blocks right below a directory, in the order of their names.</summary>
    // Prometheus takes no link for a block.
    public static IOrderedEnumerable<BlockId> BlocksIn(DirectoryHandle directory) => directory.Names()
        .Select(name => BlockId.TryParse(name, out BlockId id) ? id : (BlockId?)null)
        .OfType<BlockId>()
        .Where(id => directory.Find(id.Text) is { IsDirectory: true })
        .Take(DirectoryTree.MaxSortedNames)
        .OrderBy(id => id.Text, StringComparer.Ordinal);

    private static TreeItem RequireFile(TreeItem item) => item.Status switch
    {
        { IsRegularFile: true } => item,
        null => throw new IOException($"{item.PathSeenByAgent} has vanished"),
        _ => throw new OperatorException(
            ExitStatus.ArchiveFailed,
            $"{item.PathSeenByAgent} is neither a file nor a directory. Prometheus makes nothing else in a block.",
            "Find out who made it, look at what it is, delete it, and run again."),
    };
}

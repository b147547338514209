using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Checks a directory of blocks.</summary>
internal static class BlockDirectoryCheck
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>
    /// Reads every block right below a directory: a snapshot, or a data directory (restored or live).
    /// </summary>
    public static BlockAudit Run(DirectoryHandle directory, Action<BlockReport> finished, CancellationToken token)
    {
        BlockAudit audit = new(finished, (block, path) => directory.OpenFile($"{block}/{path}"));
        byte[] buffer = new byte[BufferBytes];
        IEnumerable<BlockId> blocks = DataDirectory.BlocksIn(directory).Take(DirectoryTree.MaxSortedNames);
        foreach (BlockId block in blocks.OrderBy(id => id.Text, StringComparer.Ordinal))
        {
            audit.StartBlock(block);
            using DirectoryHandle content = directory.OpenDirectory(block.Text);
            IEnumerable<TreeEntry> entries = SnapshotTree.Below(content, $"{block}/");
            foreach (TreeEntry file in entries.Where(entry => entry.Status.IsRegularFile))
            {
                audit.StartFile(file.EntryName);
                using FileStream source = file.OpenFile();
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
}

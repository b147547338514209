using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Makes one block the content of an archive. The same block gives the same bytes on every machine.</summary>
internal static class BlockArchiveSource
{
    /// <param name="block">The block's directory. It must stay open while the source is read.</param>
    /// <exception cref="IOException">The block's meta.json can't be read.</exception>
    public static ArchiveSource Of(DirectoryHandle block, BlockId id) => new()
    {
        Entries = Entries(block, id),
        InputBytes = ByteSize.Sum(SnapshotTree.Below(block, string.Empty).Select(
            entry => entry.Status.IsRegularFile ? entry.Status.SizeBytes : 0)),

        // Account names differ between machines, so the archive has none.
        Accounts = new AccountNames((_, _) => null),
    };

    private static IEnumerable<TreeEntry> Entries(DirectoryHandle block, BlockId id)
    {
        // Each snapshot makes the directories anew, but keeps the times of the files.
        DateTimeOffset time = TimeOf(block);
        yield return new($"{id}/", block.Status with { ModifiedAt = time });
        foreach (TreeEntry entry in SnapshotTree.Below(block, $"{id}/"))
        {
            yield return entry.Status.IsDirectory
                ? entry with { Status = entry.Status with { ModifiedAt = time } }
                : entry;
        }
    }

    private static DateTimeOffset TimeOf(DirectoryHandle block)
    {
        try
        {
            using FileStream meta = block.OpenFile(BlockMeta.FileName);
            return MetaCheck.Read(meta).To();
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
        {
            return DateTimeOffset.UnixEpoch;
        }
    }
}

using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// One block as the content of an archive of its own: the same block gives the same bytes, wherever it lies.
/// </summary>
internal static class BlockArchiveSource
{
    /// <param name="block">Its open directory, for as long as the source is read.</param>
    /// <exception cref="IOException">Its meta.json can't be read.</exception>
    public static ArchiveSource Of(DirectoryHandle block, BlockId id) => new()
    {
        Entries = Entries(block, id),
        InputBytes = SnapshotTree.Below(block, string.Empty).Sum(
            entry => entry.Status.IsRegularFile ? entry.Status.SizeBytes : 0),

        // Names of accounts differ between machines.
        Accounts = new AccountNames((_, _) => null),
    };

    private static IEnumerable<TreeEntry> Entries(DirectoryHandle block, BlockId id)
    {
        // Each snapshot makes its directories anew; the block's files keep their times.
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

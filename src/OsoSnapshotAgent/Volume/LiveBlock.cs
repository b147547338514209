using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>A block in the data directory of a running Prometheus, which may delete it at any time.</summary>
/// <param name="Bytes">The sum of the sizes of its files.</param>
internal sealed record LiveBlock(BlockId Id, BlockMeta Meta, long Bytes)
{
    /// <returns>The blocks that Prometheus can load: one without a meta.json that can be read is none for it.</returns>
    public static IReadOnlyList<LiveBlock> In(DataDirectory data)
    {
        List<LiveBlock> blocks = [];
        foreach (BlockId id in data.Blocks.Take(DirectoryTree.MaxSortedNames))
        {
            try
            {
                using FileStream meta = data.Directory.OpenFile($"{id}/{BlockMeta.FileName}");
                long bytes = ByteSize.Sum(data.FilesBelow(id.Text).Select(file => file.Status!.SizeBytes));
                blocks.Add(new(id, MetaCheck.Read(meta), bytes));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                // Prometheus has deleted it meanwhile, or doesn't load it either.
            }
        }

        return blocks;
    }
}

using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// Finds the block that Prometheus made of its in-memory head. The snapshot's other blocks are hard links of live
/// blocks.
/// </summary>
internal static class HeadBlock
{
    /// <summary>Call this right after the snapshot is made.</summary>
    /// <returns>null if there is none, or if several blocks may be the one.</returns>
    public static BlockId? Find(DataDirectory data, SnapshotName name)
    {
        using DirectoryHandle snapshot = SnapshotTree.Open(data, name);
        BlockId[] own =
        [
            .. DataDirectory.BlocksIn(snapshot)
                .Where(block => data.Directory.Find(block.Text) is not { IsDirectory: true }
                    && snapshot.Find($"{block}/index") is { LinkCount: 1 })
                .Take(2),
        ];

        // Prometheus may have compacted a live block away meanwhile. The snapshot's copy of it then looks the same.
        return own.Length == 1 ? own[0] : null;
    }
}

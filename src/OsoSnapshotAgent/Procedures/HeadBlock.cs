using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>
/// The block that Prometheus makes of its in-memory head for a snapshot; the others are hard links of live blocks.
/// </summary>
internal static class HeadBlock
{
    /// <summary>To be called right after the snapshot is made.</summary>
    /// <returns>null where there is none, or where it can't be told.</returns>
    public static BlockId? Find(DataDirectory data, SnapshotName name)
    {
        using DirectoryHandle snapshot = SnapshotTree.Open(data, name);
        HashSet<BlockId> live = [.. data.Blocks];
        BlockId[] own =
        [
            .. DataDirectory.BlocksIn(snapshot)
                .Where(block => !live.Contains(block) && snapshot.Find($"{block}/index") is { LinkCount: 1 })
                .Take(2),
        ];

        // A live block that was compacted away meanwhile looks the same.
        return own.Length == 1 ? own[0] : null;
    }
}

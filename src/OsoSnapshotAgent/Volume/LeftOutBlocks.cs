using OsoSnapshotAgent.Output;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// Finds blocks that lie in the data directory before and after the snapshot, and are not in it. Prometheus skips a
/// block whose meta.json it can't read, with one line in its log, and the snapshot's answer is "success".
/// </summary>
internal sealed class LeftOutBlocks(DataDirectory data)
{
    private const int MaxShown = 20;

    // A compaction ends before Prometheus makes the snapshot, so a block that is there before and after is no new one.
    private readonly BlockId[] _before = [.. data.Blocks.Take(BlockAudit.MaxBlocks)];

    /// <summary>Warns of each block. Call this right after the snapshot is made.</summary>
    /// <returns>The blocks' names, in order.</returns>
    public IReadOnlyList<string> Warn(SnapshotName snapshot, Transcript transcript)
    {
        using DirectoryHandle made = SnapshotTree.Open(data, snapshot);
        BlockId[] leftOut =
        [
            .. _before.Where(block => made.Find(block.Text) is null
                && data.Directory.Find(block.Text) is { IsDirectory: true }),
        ];
        string[] names = [.. leftOut.Select(block => block.Text).Order(StringComparer.Ordinal).Take(MaxShown)];
        foreach (string name in names)
        {
            transcript.Warning(
                LogId.BlockNotInSnapshot,
                $"Block {name} lies in the data directory, but is not in the snapshot: {Reason(name)}");
        }

        if (leftOut.Length > names.Length)
        {
            transcript.Warning(
                LogId.BlockNotInSnapshot,
                $"The snapshot lacks {Plural.Of(leftOut.Length - names.Length, "more block")} of the data directory.");
        }

        return names;
    }

    private string Reason(string block)
    {
        try
        {
            using FileStream meta = data.Directory.OpenFile($"{block}/{BlockMeta.FileName}");
            MetaCheck.Read(meta);
            return "Prometheus has not loaded it. Its log says why.";
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return $"Prometheus can't read its meta.json ({e.Message}).";
        }
    }
}

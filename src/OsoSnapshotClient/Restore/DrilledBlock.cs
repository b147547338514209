using System.Globalization;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Blocks.Index;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Restore;

/// <summary>A block that a drill has restored, as the backup has it.</summary>
/// <param name="HasTombstones">Whether some of its series were deleted.</param>
internal sealed record DrilledBlock(BlockId Id, BlockMeta Meta, bool HasTombstones)
{
    private const int MaxNames = 10_000;

    // A tombstones file without tombstones has a header and a checksum.
    private const int EmptyTombstonesBytes = 9;

    /// <summary>The block's time, as parameters of a query.</summary>
    public string Range => RangeOf(Meta.MinTime, Meta.MaxTime - 1);

    /// <summary>The block's end, as a parameter of a query.</summary>
    public string End => string.Create(CultureInfo.InvariantCulture, $"time={(Meta.MaxTime - 1) / 1000m}");

    public long Milliseconds => Math.Max(1, Meta.MaxTime - Meta.MinTime);

    /// <param name="blocks">Holds a directory for each block.</param>
    public static IEnumerable<DrilledBlock> In(DirectoryHandle blocks)
    {
        foreach (string name in blocks.Names())
        {
            if (BlockId.TryParse(name, out BlockId id))
            {
                using FileStream meta = blocks.OpenFile($"{name}/{BlockMeta.FileName}");
                bool hasTombstones =
                    blocks.Find($"{name}/{TombstonesCheck.FileName}") is { SizeBytes: > EmptyTombstonesBytes };
                yield return new(id, MetaCheck.Read(meta), hasTombstones);
            }
        }
    }

    /// <summary>Copies what says which series the block has.</summary>
    public void CopyIndex(DirectoryHandle blocks, DirectoryHandle indexes)
    {
        using DirectoryHandle own = indexes.CreateDirectory(Id.Text);
        using FileStream index = OpenIndex(blocks);
        using FileStream copy = new(own.CreateFile(IndexCheck.FileName), FileAccess.Write);
        index.CopyTo(copy);
    }

    public static string RangeOf(long from, long to) =>
        string.Create(CultureInfo.InvariantCulture, $"start={from / 1000m}&end={to / 1000m}");

    public bool Overlaps(DrilledBlock other) =>
        Meta.MinTime < other.Meta.MaxTime && other.Meta.MinTime < Meta.MaxTime;

    /// <summary>The block's metrics, 10,000 at most, each with the position of the list of its series.</summary>
    /// <inheritdoc cref="In" path="/param"/>
    public IReadOnlyList<(string Name, long Position)> Names(DirectoryHandle blocks)
    {
        using FileStream index = OpenIndex(blocks);
        return MetricNames.Read(index, MaxNames);
    }

    /// <param name="position">One of <see cref="Names"/>.</param>
    /// <inheritdoc cref="In" path="/param"/>
    public uint CountSeries(DirectoryHandle blocks, long position)
    {
        using FileStream index = OpenIndex(blocks);
        return MetricNames.CountSeries(index, position);
    }

    private FileStream OpenIndex(DirectoryHandle blocks) => blocks.OpenFile($"{Id}/{IndexCheck.FileName}");
}

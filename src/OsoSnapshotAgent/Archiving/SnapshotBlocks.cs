using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Archiving;

/// <summary>The blocks of a snapshot that a run holds, so that a client can copy those that it lacks.</summary>
internal sealed class SnapshotBlocks : IDisposable
{
    private readonly TargetContainer _target;
    private readonly DirectoryHandle _snapshot;
    private readonly string? _headBlock;

    /// <param name="target">The target container. This object closes it.</param>
    /// <param name="headBlock">The name of the block that was made of the in-memory head; null if there is
    /// none.</param>
    /// <exception cref="OperatorException">The snapshot is no longer a directory.</exception>
    public SnapshotBlocks(TargetContainer target, SnapshotName name, string? headBlock) =>
        (_target, _snapshot, _headBlock) = (target, SnapshotTree.Open(target.Data, name), headBlock);

    /// <returns>The blocks in the order of their names.</returns>
    /// <exception cref="OperatorException">A block holds something other than files and directories.</exception>
    public SnapshotBlock[] List() =>
    [
        .. DataDirectory.BlocksIn(_snapshot)
            .Take(BlockAudit.MaxBlocks)
            .OrderBy(block => block.Text, StringComparer.Ordinal)
            .Select(Describe),
    ];

    /// <param name="use">Makes the block's archive, or a part of it.</param>
    /// <exception cref="OperatorException">There is no such block, or it can't be read.</exception>
    public void Archive(BlockId id, AgentSettings settings, Action<BlockArchive> use)
    {
        using DirectoryHandle block = _snapshot.FindDirectory(id.Text) ?? throw new OperatorException(
            ExitStatus.Settings,
            $"The snapshot holds no block {id}.",
            "See the names with oso-snapshot blocks.");
        use(new(block, id, settings, _target.Prometheus?.Pid));
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _target.Dispose();
    }

    private SnapshotBlock Describe(BlockId block)
    {
        BlockDescription found = BlockDescription.Of(_snapshot, block);
        return new()
        {
            Ulid = block.Text,
            Fingerprint = found.Fingerprint,
            Kind = block.Text == _headBlock ? SnapshotBlock.Head : SnapshotBlock.Block,
            From = found.Meta?.MinTime ?? 0,
            To = found.Meta?.MaxTime ?? 0,
            Bytes = found.Bytes,
            Series = found.Meta?.Stats.NumSeries ?? 0,
            Samples = found.Meta?.Stats.NumSamples ?? 0,
        };
    }
}

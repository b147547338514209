using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

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

    /// <summary>Writes a part of a block's archive.</summary>
    /// <returns>The lines of <see cref="BlockArchive.Write"/>.</returns>
    /// <exception cref="OperatorException">There is no such block, it can't be read, or the offset lies after the
    /// archive's end.</exception>
    public IReadOnlyList<string> Write(BlockId id, AgentSettings settings, Stream output, long offset, long length)
    {
        using DirectoryHandle block = _snapshot.FindDirectory(id.Text) ?? throw new OperatorException(
            ExitStatus.Settings,
            $"The snapshot holds no block {id}.",
            "See the names with oso-snapshot blocks.");
        return new BlockArchive(block, id, settings, _target.Prometheus?.Pid).Write(output, offset, length);
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _target.Dispose();
    }

    private SnapshotBlock Describe(BlockId block)
    {
        using DirectoryHandle directory = _snapshot.OpenDirectory(block.Text);
        List<(string Path, long SizeBytes, byte[]? Content)> files = [];
        BlockMeta? meta = null;
        IEnumerable<TreeEntry> entries = SnapshotTree.Below(directory, string.Empty);
        foreach (TreeEntry entry in entries.Where(entry => entry.Status.IsRegularFile))
        {
            byte[]? content = BlockFingerprint.CountsContent(entry.EntryName) ? Read(entry) : null;
            files.Add((entry.EntryName, entry.Status.SizeBytes, content));
            meta = entry.EntryName == BlockMeta.FileName ? TryParse(content) : meta;
        }

        return new()
        {
            Ulid = block.Text,
            Fingerprint = BlockFingerprint.Of(files),
            Kind = block.Text == _headBlock ? SnapshotBlock.Head : SnapshotBlock.Block,
            From = meta?.MinTime ?? 0,
            To = meta?.MaxTime ?? 0,
            Bytes = ByteSize.Sum(files.Select(file => file.SizeBytes)),
            Series = meta?.Stats.NumSeries ?? 0,
            Samples = meta?.Stats.NumSamples ?? 0,
        };
    }

    private static byte[] Read(TreeEntry entry)
    {
        using FileStream file = entry.OpenFile();
        return file.Length <= BlockFingerprint.MaxContentBytes
            ? RegularFile.ReadStart(file, BlockFingerprint.MaxContentBytes)
            : throw new IOException($"{entry.PathSeenByAgent} has more than {BlockFingerprint.MaxContentBytes} bytes");
    }

    private static BlockMeta? TryParse(byte[]? json)
    {
        try
        {
            return BlockMeta.Parse(json);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}

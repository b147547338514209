using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Restore;

/// <summary>The blocks in a directory: an unpacked snapshot, or a data directory that no server uses.</summary>
internal sealed class DirectoryBlocks : IBlockSource
{
    private const int BufferBytes = 512 * 1024;

    private readonly DirectoryHandle _directory;

    private DirectoryBlocks(string path)
    {
        Name = path;
        _directory = DirectoryHandle.Open(path);
        Blocks = [.. BlockDirectoryCheck.BlocksIn(_directory).Take(BlockAudit.MaxBlocks).Select(Offer)];
    }

    public string Name { get; }

    public string? PrometheusVersion => null;

    public IReadOnlyList<OfferedBlock> Blocks { get; }

    /// <exception cref="OperatorException">It holds no block, or one whose meta.json is damaged.</exception>
    public static DirectoryBlocks Open(string path)
    {
        DirectoryBlocks source = new(path);
        return source.Blocks.Count > 0 ? source : throw new OperatorException(
            ExitStatus.Settings,
            $"{path} holds no block.",
            "name the directory whose directories have names such as 01HXQ5Z8M2N3P4R5S6T7V8W9XA");
    }

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    {
        using BlockPacker packer = new(wanted, sink, token);
        byte[] buffer = new byte[BufferBytes];
        foreach (OfferedBlock block in Blocks.Where(block => wanted.Contains(block.Ulid)))
        {
            using DirectoryHandle content = _directory.OpenDirectory(block.Ulid);
            foreach (TreeItem item in BlockDirectoryCheck.FilesIn(content))
            {
                using FileStream file = item.Parent.OpenFile(item.Name);
                packer.StartFile($"{block.Ulid}/{item.Path}", item.Status!.SizeBytes);
                int count;
                while ((count = file.Read(buffer)) > 0)
                {
                    packer.Append(buffer.AsSpan(0, count));
                }

                packer.FinishFile();
            }
        }

        packer.Finish();
    }

    public void Dispose() => _directory.Dispose();

    private OfferedBlock Offer(BlockId id)
    {
        BlockDescription block = BlockDescription.Of(_directory, id);
        return OfferedBlocks.Of(id, block) ?? throw new OperatorException(
            ExitStatus.ArchiveFailed,
            $"The meta.json of block {_directory.PathOf(id.Text)} is damaged or missing.",
            "see kubectl oso-snapshot verify; move this block away to restore the others");
    }
}

/// <summary>Makes offers of what is known of blocks.</summary>
internal static class OfferedBlocks
{
    /// <returns>null if the block has no sound meta.json.</returns>
    public static OfferedBlock? Of(BlockId id, BlockDescription block) => block.Meta is not { } meta ? null : new()
    {
        Ulid = id.Text,
        Fingerprint = block.Fingerprint,
        From = meta.MinTime,
        To = meta.MaxTime,
        Bytes = block.Bytes,
        IsOutOfOrder = meta.Compaction.IsOutOfOrder(),
    };
}

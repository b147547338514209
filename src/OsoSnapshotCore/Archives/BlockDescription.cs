using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>What the files of a block tell without that their content is judged.</summary>
/// <param name="Meta">null if meta.json is damaged or missing.</param>
/// <param name="Bytes">The sum of the sizes of its files.</param>
internal sealed record BlockDescription(BlockMeta? Meta, string Fingerprint, long Bytes)
{
    /// <param name="parent">The directory that holds the block.</param>
    /// <exception cref="OperatorException">The block holds something other than files and directories.</exception>
    /// <exception cref="IOException">A file of the block can't be read.</exception>
    public static BlockDescription Of(DirectoryHandle parent, BlockId block)
    {
        using DirectoryHandle directory = parent.OpenDirectory(block.Text);
        List<(string Path, long SizeBytes, byte[]? Content)> files = [];
        BlockMeta? meta = null;
        foreach (TreeItem item in BlockDirectoryCheck.FilesIn(directory))
        {
            byte[]? content = BlockFingerprint.CountsContent(item.Path) ? Read(item) : null;
            files.Add((item.Path, item.Status!.SizeBytes, content));
            meta = item.Path == BlockMeta.FileName ? TryParse(content) : meta;
        }

        return new(meta, BlockFingerprint.Of(files), ByteSize.Sum(files.Select(file => file.SizeBytes)));
    }

    private static byte[] Read(TreeItem item)
    {
        using FileStream file = item.Parent.OpenFile(item.Name);
        return file.Length <= BlockFingerprint.MaxContentBytes
            ? RegularFile.ReadStart(file, BlockFingerprint.MaxContentBytes)
            : throw new IOException($"{item.PathSeenByAgent} has more than {BlockFingerprint.MaxContentBytes} bytes");
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

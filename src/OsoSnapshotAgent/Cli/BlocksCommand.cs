using System.CommandLine;
using System.Text.Json;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// <c>blocks</c>: lists the blocks of the held snapshot, so that a client can copy those that it lacks.
/// </summary>
internal static class BlocksCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON array on one line." };
        Command command = new(
            "blocks",
            "Lists the blocks of the snapshot that the agent of this container holds.") { json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            using HeldSnapshot snapshot = HeldSnapshot.Find();
            Print(List(snapshot.Directory, snapshot.HeadBlock), arguments.GetValue(json));
            return ExitStatus.Done;
        }));
        return command;
    }

    /// <param name="headBlock">The name of the block that was made of the in-memory head; null if there is
    /// none.</param>
    /// <returns>The blocks in the order of their names.</returns>
    /// <exception cref="OperatorException">A block holds something other than files and directories.</exception>
    internal static SnapshotBlock[] List(DirectoryHandle snapshot, string? headBlock) =>
    [
        .. DataDirectory.BlocksIn(snapshot)
            .Take(BlockAudit.MaxBlocks)
            .OrderBy(block => block.Text, StringComparer.Ordinal)
            .Select(block => Describe(snapshot, block, headBlock)),
    ];

    private static SnapshotBlock Describe(DirectoryHandle snapshot, BlockId block, string? headBlock)
    {
        using DirectoryHandle directory = snapshot.OpenDirectory(block.Text);
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
            Kind = block.Text == headBlock ? SnapshotBlock.Head : SnapshotBlock.Block,
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

    private static void Print(SnapshotBlock[] blocks, bool asJson)
    {
        if (asJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(blocks, ControlJson.Default.SnapshotBlockArray));
            return;
        }

        foreach (SnapshotBlock block in blocks)
        {
            Console.Out.WriteLine(block);
        }
    }
}

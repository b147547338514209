using System.CommandLine;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>export</c>: writes the archive's bytes to standard output, and nothing else.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Option<long?> offset = new("--offset")
        {
            Description = "Skip this many bytes, to resume a copy that broke off.",
            CustomParser = Values.Number(min: 0),
        };
        Option<long?> length = new("--length")
        {
            Description = "Write at most this many bytes.",
            CustomParser = Values.Number(min: 0),
        };
        Option<bool> stream = new("--stream")
        {
            Description = "Make a snapshot and archive it to standard output, without a file on the volume.",
        };
        Option<BlockId?> block = new("--block")
        {
            Description = "Write one block of the held snapshot: see oso-snapshot blocks.",
            CustomParser = Values.One<BlockId?>(
                text => BlockId.TryParse(text, out BlockId id) ? id : null,
                "the name of a block, as oso-snapshot blocks lists them"),
        };
        const string Description = "Writes the finished archive, or with --stream a new one, to standard output.";
        Option<bool> untilInputEnds = InputLifeline.Option();
        Command command = new("export", Description) { offset, length, stream, block, untilInputEnds };
        command.SetAction(async (arguments, _) =>
        {
            ExportRange range = new(arguments.GetValue(offset), arguments.GetValue(length));
            range.ThrowUnlessCombinable(arguments.GetValue(stream), arguments.GetValue(block));
            InputLifeline.Watch(arguments.GetValue(untilInputEnds), ExitStatus.ReaderGone);
            return arguments.GetValue(stream)
                ? await StreamAsync()
                : FileVerb.Run(() => Export(range, arguments.GetValue(block)));
        });
        return command;
    }

    private static async Task<int> StreamAsync()
    {
        int refused = FileVerb.Run(() =>
        {
            StandardOutput.RefuseTerminal();
            return ExitStatus.Done;
        });
        if (refused != 0)
        {
            return refused;
        }

        return StreamRelay.IsWanted ? FileVerb.Run(Relay) : (int)await RunCommand.StreamAsync();
    }

    private static ExitStatus Relay()
    {
        OutputDescriptor.Widen(OutputDescriptor.StandardOutput);
        using StandardOutput output = new(CancellationToken.None);
        return StreamRelay.Run(ControlSocket.EndPoint, output);
    }

    private static ExitStatus Export(ExportRange range, BlockId? block)
    {
        StandardOutput.RefuseTerminal();
        OutputDescriptor.Widen(OutputDescriptor.StandardOutput);
        return block is { } id ? ExportBlock(range, id) : ExportArchive(range);
    }

    private static ExitStatus ExportBlock(ExportRange range, BlockId id)
    {
        // The block is compressed here, so it gives way to Prometheus as a run does.
        Priority.Lower();
        AgentSettings settings = Discovery.Settings(Discovery.OfRun());
        using SnapshotBlocks snapshot = HeldSnapshot.Open();
        using StandardOutput output = new(CancellationToken.None);
        snapshot.Archive(id, settings, archive =>
        {
            foreach (string line in archive.Write(output, range.Offset ?? 0, range.Length ?? long.MaxValue))
            {
                Console.Error.WriteLine(line);
            }
        });
        return ExitStatus.Done;
    }

    // An operator waits for the bytes of a finished archive, so they keep the normal priority.
    private static ExitStatus ExportArchive(ExportRange range)
    {
        using TargetContainer target = Discovery.FindTarget();
        string archive = Printable.Text(target.Data.Archive);
        if (FinishedArchive.IsBeingReplaced(target.Data))
        {
            Console.Error.WriteLine($"⚠️ {archive} is an earlier archive: a run is at work on a new one.");
        }

        long offset = range.Offset ?? 0;
        using StandardOutput output = new(CancellationToken.None);
        long written = FinishedArchive.Copy(
            target.Data,
            output,
            offset,
            range.Length ?? long.MaxValue);
        Console.Error.WriteLine($"✅ Wrote {written} bytes of {archive}, from byte {offset} on");
        return ExitStatus.Done;
    }
}

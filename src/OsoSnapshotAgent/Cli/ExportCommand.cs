using System.CommandLine;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>export</c>: writes the archive's bytes to standard output, and nothing else.</summary>
internal static class ExportCommand
{
    private const int BufferBytes = 256 * 1024;

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
        Option<long?> every = new("--every")
        {
            Description = "Write --length bytes again after each such distance, as one of several connections.",
            CustomParser = Values.Number(min: 1),
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
        Command command = new("export", Description) { offset, length, every, stream, block };
        command.SetAction(async (arguments, _) =>
        {
            ExportRange range = new(arguments.GetValue(offset), arguments.GetValue(length), arguments.GetValue(every));
            range.ThrowUnlessCombinable(arguments.GetValue(stream), arguments.GetValue(block));
            return arguments.GetValue(stream)
                ? await StreamAsync()
                : FileVerb.Run(() => Export(range, arguments.GetValue(block)));
        });
        return command;
    }

    /// <param name="every">The distance from one range to the next in bytes: at least the length.</param>
    /// <returns>The number of bytes written.</returns>
    internal static long Copy(
        DataDirectory data,
        Stream output,
        long offset,
        long length,
        long every = long.MaxValue)
    {
        using FileStream file = Open(data);
        if (offset > file.Length)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"--offset is {offset}, but {data.Archive} has {file.Length} bytes.",
                "Compare the copy's SHA-256: the copy is not of this archive.");
        }

        byte[] buffer = new byte[BufferBytes];
        long size = file.Length;
        long written = 0;
        for (long start = offset; ; start += every)
        {
            written += CopyRange(file, output, start, length, buffer);
            if (every >= size - start)
            {
                return written;
            }
        }
    }

    private static long CopyRange(FileStream file, Stream output, long offset, long length, byte[] buffer)
    {
        file.Position = offset;
        long written = 0;
        int count;
        while ((count = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - written)))) > 0)
        {
            output.Write(buffer.AsSpan(0, count));
            written += count;
        }

        return written;
    }

    private static FileStream Open(DataDirectory data)
    {
        bool isAtWork = data.Directory.Find(DataDirectory.PartialName) is not null;
        if (data.Directory.Find(DataDirectory.ArchiveName) is null)
        {
            throw isAtWork
                ? new OperatorException(
                    ExitStatus.Busy,
                    $"{data.Archive} is still being written.",
                    "Wait until oso-snapshot status says hold-for-copy.")
                : new OperatorException(
                    ExitStatus.TargetUnreachable,
                    $"There is no archive {data.Archive}.",
                    "Make an archive first, or use oso-snapshot export --stream.");
        }

        if (isAtWork)
        {
            Console.Error.WriteLine(
                $"⚠️ A run is at work on a new archive. {Printable.Text(data.Archive)} is still the one before it.");
        }

        return data.Directory.OpenFile(DataDirectory.ArchiveName);
    }

    private static async Task<int> StreamAsync()
    {
        int refused = FileVerb.Run(RefuseTerminal);
        return refused != 0 ? refused : (int)await RunCommand.StreamAsync();
    }

    // The export keeps its normal priority: an operator waits for the bytes, and copying takes little CPU.
    private static ExitStatus Export(ExportRange range, BlockId? block)
    {
        RefuseTerminal();
        long offset = range.Offset ?? 0;
        long length = range.Length ?? long.MaxValue;
        if (block is { } id)
        {
            return BlockExport.Run(id, offset, length);
        }

        DataDirectory data = Discovery.FindData();
        using StandardOutput output = new(CancellationToken.None);
        long written = Copy(data, output, offset, length, range.Every ?? long.MaxValue);
        Console.Error.WriteLine($"✅ {written} bytes of {Printable.Text(data.Archive)} from {offset} on");
        return ExitStatus.Done;
    }

    private static ExitStatus RefuseTerminal()
    {
        if (OutputDescriptor.IsTerminal(OutputDescriptor.StandardOutput))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "Standard output is a terminal, which would change the archive's bytes.",
                "Redirect it, and use kubectl exec without -t.");
        }

        return ExitStatus.Done;
    }
}

using System.CommandLine;
using System.Globalization;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Commands;

/// <summary><c>export</c>: writes the archive's bytes to standard output, and nothing else.</summary>
internal static class ExportCommand
{
    private const int BufferBytes = 256 * 1024;

    public static Command Create()
    {
        // The options take text: options of number types would make the binary larger by tens of kilobytes.
        Option<string> offset = new("--offset")
        {
            Description = "Skip this many bytes, to resume a copy that broke off.",
        };
        Option<string> length = new("--length") { Description = "Write at most this many bytes." };
        Option<string> every = new("--every")
        {
            Description = "Write --length bytes again after each such distance, as one of several connections.",
        };
        Option<bool> stream = new("--stream")
        {
            Description = "Make a snapshot and archive it to standard output, without a file on the volume.",
        };
        Option<string> block = new("--block")
        {
            Description = "Write one block of the held snapshot: see oso-snapshot blocks.",
        };
        const string Description = "Writes the finished archive, or with --stream a new one, to standard output.";
        Command command = new("export", Description) { offset, length, every, stream, block };
        command.Validators.Add(result =>
        {
            if (Refuse(
                result.GetValue(stream), result.GetValue(block), result.GetValue(offset), result.GetValue(length),
                result.GetValue(every)) is { } refusal)
            {
                result.AddError(refusal);
            }
        });
        command.SetAction(async (arguments, _) => arguments.GetValue(stream)
            ? await StreamAsync()
            : FileVerb.Run(() => Export(
                arguments.GetValue(block),
                Number(arguments.GetValue(offset), 0)!.Value,
                Number(arguments.GetValue(length), long.MaxValue)!.Value,
                Number(arguments.GetValue(every), long.MaxValue)!.Value)));
        return command;
    }

    /// <returns>The reason why the options can't be used together; null if they can.</returns>
    private static string? Refuse(
        bool stream,
        string? block,
        string? offset,
        string? length,
        string? every)
    {
        if (Number(offset, 0) is null || Number(length, 0) is null)
        {
            return "--offset and --length take whole numbers of bytes, 0 or more.";
        }

        if (stream && block is not null)
        {
            return "--stream and --block exclude each other.";
        }

        if (every is not null && (block is not null || length is null || !(Number(every, 0) >= Number(length, 0))
            || Number(length, 0) == 0))
        {
            return "--every takes a whole number of bytes, at least as many as --length, and doesn't go with --block.";
        }

        return stream && (offset ?? length) is not null
            ? "--stream makes a new archive each time: --offset and --length don't go with it."
            : null;
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

    private static long? Number(string? text, long @default)
    {
        if (text is null)
        {
            return @default;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }

    private static async Task<int> StreamAsync()
    {
        int refused = FileVerb.Run(RefuseTerminal);
        return refused != 0 ? refused : (int)await RunCommand.StreamAsync();
    }

    // The export keeps its normal priority: an operator waits for the bytes, and copying takes little CPU.
    private static ExitStatus Export(string? block, long offset, long length, long every)
    {
        RefuseTerminal();
        if (block is not null)
        {
            return BlockExport.Run(block, offset, length);
        }

        DataDirectory data = Discovery.FindData();
        using StandardOutput output = new(CancellationToken.None);
        long written = Copy(data, output, offset, length, every);
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

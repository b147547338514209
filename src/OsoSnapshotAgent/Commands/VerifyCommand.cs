using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Commands;

/// <summary><c>verify</c>: checks an archive or a directory of blocks, a line for each block and the totals.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string?> path = new("path")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "An archive, a snapshot's directory or a data directory; by default the finished archive of this container's Prometheus.",
        };
        Option<bool> json = new("--json") { Description = "As a JSON object on one line; what is wrong is in it, and its exit status is the same." };
        Command command = new("verify", "Checks an archive, a snapshot or a data directory, block by block.") { path, json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            // Before the archive is read: a wrong setting would hide the verdict.
            bool asJson = arguments.GetValue(json);
            bool ascii = !asJson && SettingsReader.ReadAscii(Discovery.Variables());
            string place = arguments.GetValue(path) ?? OurArchive(Discovery.FindData());
            return asJson ? VerifyAsJson(place, Console.Out) : Verify(place, Console.Out, ascii);
        }));
        return command;
    }

    internal static ExitStatus Verify(string path, TextWriter output, bool ascii = false)
    {
        Priority.Lower();
        BlockAudit audit = Read(path, block => Write(Describe(block)), output);
        Write(RunReport.Content(audit.Tally));
        Write(BlockTimeline.Lines(audit.Blocks, ascii));
        if (audit.BlocksLeftOut > 0)
        {
            Write([$"  {audit.BlocksLeftOut} more {Plural(audit.BlocksLeftOut, "block")}, not drawn"]);
        }

        Judge(path, audit);
        Write([$"✅ {path} is sound."]);
        return ExitStatus.Done;

        void Write(IEnumerable<string> lines)
        {
            foreach (string line in lines)
            {
                output.WriteLine(Printable.Text(line));
            }
        }
    }

    internal static ExitStatus VerifyAsJson(string path, TextWriter output)
    {
        Priority.Lower();
        VerifyReport report = new() { Path = path };
        try
        {
            BlockAudit audit = Read(path, _ => { }, TextWriter.Null);
            report = report with
            {
                Blocks = [.. audit.Blocks.Select(VerifiedBlock.Of)],
                BlocksLeftOut = audit.BlocksLeftOut,
            };
            Judge(path, audit);
        }
        catch (AgentException e)
        {
            report = report with { ExitStatus = (int)e.Status, Problem = e.Message, Remedy = e.Remedy };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report = report with { ExitStatus = (int)ExitStatus.ArchiveFailed, Problem = e.Message };
        }

        output.WriteLine(JsonSerializer.Serialize(report, ControlJson.Default.VerifyReport));
        return (ExitStatus)report.ExitStatus;
    }

    private static void Judge(string path, BlockAudit audit)
    {
        if (audit.ProblemCount > 0)
        {
            throw new AgentException(
                ExitStatus.ArchiveFailed,
                $"{path} holds damaged blocks: {audit.ProblemCount} {Plural(audit.ProblemCount, "problem")}, told above.",
                "The other blocks are sound. Restore without the damaged ones, or take another copy.");
        }

        if (audit.Tally.Blocks == 0)
        {
            throw new AgentException(ExitStatus.NoBlock, $"{path} holds no block.", "Name the directory in which directories with 26-letter names lie, or an archive.");
        }
    }

    /// <exception cref="AgentException">Something else has its name: a link could lead anywhere.</exception>
    internal static string OurArchive(DataDirectory data) => FileStatus.Find(data.Archive) is not { IsRegularFile: false } ? data.Archive
        : throw new AgentException(ExitStatus.ArchiveFailed, $"{data.Archive} is not a regular file, so it is no archive of this program's.", "Look at what it is.");

    private static BlockAudit Read(string path, Action<AuditedBlock> finished, TextWriter output)
    {
        if (Directory.Exists(path))
        {
            return ArchiveCheck.OfDirectory(path, finished, CancellationToken.None);
        }

        if (!File.Exists(path))
        {
            throw new AgentException(ExitStatus.Settings, $"{path} does not exist.", "Name an archive, a snapshot's directory or a data directory.");
        }

        BlockAudit audit = ArchiveCheck.OfArchive(path, finished, out bool hasChecksum, CancellationToken.None);
        output.WriteLine(hasChecksum ? "✅ SHA-256 as in the file beside it" : "⚠️ There is no .sha256 beside it to compare with.");
        return audit;
    }

    private static IEnumerable<string> Describe(AuditedBlock block)
    {
        string content = block.Meta is { } meta
            ? string.Create(CultureInfo.InvariantCulture, $"{RunReport.Time(meta.From())} to {RunReport.Time(meta.To())}, {meta.Stats.NumSeries} series, {meta.Stats.NumSamples} samples")
            : "contents unknown";
        return block.Problems
            .Select(problem => "   " + problem)
            .Prepend($"{(block.Problems.Count == 0 ? "✅" : "❌")} {block.Ulid}  {content}");
    }

    private static string Plural(long count, string noun) => count == 1 ? noun : noun + "s";
}

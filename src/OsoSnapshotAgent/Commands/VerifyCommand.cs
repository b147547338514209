using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Protocol;
using OsoSnapshot.Formats.Text;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshot.Formats.Verification;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Commands;

/// <summary><c>verify</c>: checks an archive or a directory of blocks, a line for each block and the totals.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string?> path = new("path")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "An archive, a snapshot's directory or a data directory; by default the finished archive of"
                + " this container's Prometheus.",
        };
        Option<bool> json = new("--json") { Description = "As a JSON object on one line; what is wrong is in it, and"
            + " its exit status is the same." };
        Command command = new(
            "verify",
            "Checks an archive, a snapshot or a data directory, block by block.") { path, json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            // Before the archive is read: a wrong setting would hide the verdict.
            bool asJson = arguments.GetValue(json);
            bool ascii = !asJson && SettingsReader.ReadAscii(Discovery.Variables());
            string? given = arguments.GetValue(path);
            using DataDirectory? data = given is null ? Discovery.FindData() : null;
            string place = given ?? data!.Archive;
            return asJson ? VerifyAsJson(place, Open, Console.Out) : Verify(Open, ascii, Console.Out);

            VerifySubject Open() => data is null ? VerifySubject.OfPath(place) : VerifySubject.OfArchive(data);
        }));
        return command;
    }

    internal static ExitStatus Verify(Func<VerifySubject> open, bool ascii, TextWriter output)
    {
        Priority.Lower();
        using VerifySubject subject = open();
        BlockAudit audit = Read(subject, block => Write(Describe(block)), output);
        Write(BlockTallyText.Lines(audit.Tally));
        Write(BlockTimeline.Lines(audit.Blocks, ascii));
        if (audit.BlocksLeftOut > 0)
        {
            Write([$"  {Plural.Of(audit.BlocksLeftOut, "more block")}, not drawn"]);
        }

        Judge(subject.Path, audit);
        Write([$"✅ {subject.Path} is sound."]);
        return ExitStatus.Done;

        void Write(IEnumerable<string> lines)
        {
            foreach (string line in lines)
            {
                output.WriteLine(Printable.Text(line));
            }
        }
    }

    internal static ExitStatus VerifyAsJson(string path, Func<VerifySubject> open, TextWriter output)
    {
        Priority.Lower();
        VerifyReport report = new() { Path = path };
        try
        {
            using VerifySubject subject = open();
            BlockAudit audit = subject.Read(_ => { });
            report = report with
            {
                Blocks = [.. audit.Blocks.Select(VerifiedBlock.Of)],
                BlocksLeftOut = audit.BlocksLeftOut,
            };
            Judge(path, audit);
        }
        catch (OperatorException e)
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
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} holds damaged blocks: {Plural.Of(audit.ProblemCount, "problem")}, told above.",
                "The other blocks are sound. Restore without the damaged ones, or take another copy.");
        }

        if (audit.Tally.Blocks == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock,
                $"{path} holds no block.",
                "Name the directory in which directories with 26-letter names lie, or an archive.");
        }
    }

    private static BlockAudit Read(VerifySubject subject, Action<AuditedBlock> finished, TextWriter output)
    {
        BlockAudit audit = subject.Read(finished);
        if (!subject.IsDirectory)
        {
            output.WriteLine(
                subject.HasChecksum
                    ? "✅ SHA-256 as in the file beside it"
                    : "⚠️ There is no .sha256 beside it to compare with.");
        }

        return audit;
    }

    private static IEnumerable<string> Describe(AuditedBlock block)
    {
        string content = block.Meta is { } meta
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{UtcTime.Format(meta.From())} to {UtcTime.Format(meta.To())}, {meta.Stats.NumSeries} series,"
                + $" {meta.Stats.NumSamples} samples")
            : "contents unknown";
        return block.Problems
            .Select(problem => "   " + problem)
            .Prepend($"{(block.Problems.Count == 0 ? "✅" : "❌")} {block.Id}  {content}");
    }
}

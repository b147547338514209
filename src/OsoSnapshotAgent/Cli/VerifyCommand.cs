using System.CommandLine;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// <c>verify</c>: checks an archive or a directory of blocks, and prints a line for each block and the totals.
/// </summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string?> path = new("path")
        {
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Values.Path,
            Description = "An archive, a snapshot or a data directory. Default: the finished archive of this"
                + " container's Prometheus.",
        };
        Option<bool> json = new("--json") { Description = "Print a JSON object on one line, problems included."
            + " The exit status is the same." };
        Command command = new(
            "verify",
            "Checks an archive, a snapshot or a data directory, block by block.") { path, json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            // The setting is read before the archive: a wrong one must not hide the verdict later.
            bool asJson = arguments.GetValue(json);
            bool ascii = !asJson && SettingsReader.ReadAscii(Discovery.Variables());
            string? given = arguments.GetValue(path);
            using TargetContainer? target = given is null ? Discovery.FindTarget() : null;
            string place = given ?? target!.Data.Archive;
            return asJson ? VerifyAsJson(place, Open, Console.Out) : Verify(Open, ascii, Console.Out);

            VerifySubject Open() => target is null ? VerifySubject.OfPath(place) : VerifySubject.OfArchive(target.Data);
        }));
        return command;
    }

    internal static ExitStatus Verify(Func<VerifySubject> open, bool ascii, TextWriter output)
    {
        Priority.Lower();
        using VerifySubject subject = open();
        VerifyText text = new(subject.Path, ascii, output);
        BlockAudit audit = subject.Read(text.Block);
        if (!subject.IsDirectory)
        {
            text.Checksum(subject.Sha256 is not null);
        }

        text.Conclude(audit);
        return ExitStatus.Done;
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
                ArchiveBytes = subject.ArchiveBytes,
                Sha256 = subject.Sha256,
            };
            VerifyText.ThrowIfUnsound(path, audit);
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
}

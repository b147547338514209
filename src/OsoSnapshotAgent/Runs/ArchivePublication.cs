using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Judges what reading the archive back has shown. Only a good archive gets the final name.</summary>
internal sealed class ArchivePublication(
    RunState state,
    AgentSettings settings,
    Transcript transcript,
    TimeProvider time)
{
    private const int MaxWarnings = 20;

    /// <param name="undo">Forgets everything when the archive has its name.</param>
    /// <exception cref="OperatorException">The archive differs from what was written, or can't be
    /// published.</exception>
    public RunResult Run(
        TargetContainer target,
        PrometheusServer server,
        CapturedSnapshot snapshot,
        WrittenArchive archive,
        UndoStack undo)
    {
        state.Enter(Phase.VerifyArchive);
        ArchiveVerifier.CompareFile(archive.Figures.Crc32C, archive.Report.Crc32C);
        if (archive.Report is { Tally.Blocks: 0, Problems.Count: 0 })
        {
            throw new OperatorException(
                ExitStatus.NoBlock,
                "The archive holds no block.",
                "See whether Prometheus writes to this data directory.");
        }

        // The old checksum goes first, so that the new archive never lies beside it.
        if (target.Data.Directory.Find(DataDirectory.ChecksumName) is not null)
        {
            target.Data.Directory.DeleteFile(DataDirectory.ChecksumName);
        }

        Commit(target.Data, archive, undo);
        WriteChecksum(target.Data, archive.Figures.Sha256);
        RunReport report = new(server, snapshot, archive, state.Elapsed);
        state.Update(report.AddTo);
        Print(target.Data, archive.Report, report);
        LongListing.Print(target.Data, target.Accounts, transcript, time.GetUtcNow());
        return report.Result();
    }

    private void Print(DataDirectory data, ArchiveReport archive, RunReport report)
    {
        transcript.Success(LogId.ArchiveVerified, $"Archive {data.Archive} created, read back and verified.");
        transcript.Lines(report.Lines());
        transcript.Lines(BlockTimeline.Lines(archive.Blocks, settings.Ascii));
        transcript.Lines(archive.Blocks.Select(block => block.Warning).OfType<string>().Take(MaxWarnings));
        if (archive.Problems.Count > 0)
        {
            transcript.Failure(
                ExitStatus.DamagedBlocks,
                "The archive is a true copy, but Prometheus' own files are damaged:\n" + string.Join('\n', archive.Problems),
                "Keep the archive: the other blocks are sound. Look into the volume's health,"
                + " and read Prometheus' log about these blocks.");
        }
    }

    private void Commit(DataDirectory data, WrittenArchive archive, UndoStack undo)
    {
        try
        {
            archive.File.Commit();
            Keep(data, undo);
        }
        catch (NotDurableException e)
        {
            // The archive has replaced the old one, so it is the only one left.
            Keep(data, undo);
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{data.Archive} is complete and verified, but may not survive a power cut: {e.Message}.",
                $"Copy it now and compare: its SHA-256 is {archive.Figures.Sha256}. Look into the volume's health.",
                e);
        }
    }

    private void Keep(DataDirectory data, UndoStack undo)
    {
        undo.Forget();
        undo.Remains = "The archive is complete and stays.";
        state.Update(status => status with { Archive = data.Archive });
    }

    private static void WriteChecksum(DataDirectory data, string sha256)
    {
        try
        {
            // The archive no longer uses the partial name, so the checksum may.
            using PartialFile file = PartialFile.Create(
                data.Directory,
                DataDirectory.PartialName,
                DataDirectory.ChecksumName);
            file.Stream.Write(ChecksumFile.Line(sha256, DataDirectory.ArchiveName));
            file.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ExitStatus.ArchiveFailed),
                $"{data.Archive} is complete and verified, but its checksum can't be written: {e.Message}",
                $"Copy it and compare: its SHA-256 is {sha256}. Look into the volume's health.",
                e);
        }
    }
}

using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Judges what reading back has shown, and only then gives the archive its final name.</summary>
internal sealed class VerifyArchive(SnapshotRun run, AgentSettings settings, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        ArchiveVerifier.CompareFile(run.Manifest.Crc32C, run.Verified.Crc32C);
        if (run.Verified is { Tally.Blocks: 0, Damage.Count: 0 })
        {
            throw new AgentException(ExitStatus.NoBlock, "The archive holds no block.", "See whether Prometheus writes to this data directory.");
        }

        // No archive stands beside another's checksum, not even for a moment.
        if (data.Directory.Find(DataDirectory.ChecksumName) is not null)
        {
            data.Directory.DeleteFile(DataDirectory.ChecksumName);
        }

        Commit(data);
        WriteChecksum(data);
        transcript.Success($"Archive {data.Archive} created, read back and verified.");
        transcript.Lines(RunReport.Lines(run));
        transcript.Lines(BlockTimeline.Lines(run.Verified.Blocks, settings.Ascii));
        NoteDamage();
        run.Summary = RunReport.Summary(run);
        listing.Show();
        return Task.CompletedTask;
    }

    private void Commit(DataDirectory data)
    {
        try
        {
            run.Archive.Commit();
            run.IsArchiveKept = true;
        }
        catch (NotDurableException e)
        {
            // The archive that it has replaced is gone: what is there now is the only one.
            run.IsArchiveKept = true;
            throw new AgentException(
                ExitStatus.ArchiveFailed,
                $"{data.Archive} is complete and verified, but may not survive a power cut: {e.Message}.",
                $"Copy it now and compare: its SHA-256 is {run.Manifest.Sha256}. Look into the volume's health.",
                e);
        }
    }

    private void WriteChecksum(DataDirectory data)
    {
        try
        {
            ChecksumFile.Write(data.Directory, run.Manifest.Sha256);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(
                e is IOException failure && OutOfRoom.Is(failure) ? ExitStatus.NoRoom : ExitStatus.ArchiveFailed,
                $"{data.Archive} is complete and verified, but its checksum can't be written: {e.Message}",
                $"Copy it and compare: its SHA-256 is {run.Manifest.Sha256}. Look into the volume's health.",
                e);
        }
    }

    private void NoteDamage()
    {
        if (run.Verified.Damage.Count == 0)
        {
            return;
        }

        run.Status = ExitStatus.ArchiveFailed;
        transcript.Failure(
            "The archive is a true copy, but Prometheus' own files are damaged:\n" + string.Join('\n', run.Verified.Damage),
            "Keep the archive: the other blocks are sound. Look into the volume's health, and see Prometheus' log on these blocks.");
    }
}

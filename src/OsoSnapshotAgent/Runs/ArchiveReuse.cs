using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Verifies the archive of an earlier run, so that it can be held in place of a new one.</summary>
internal sealed class ArchiveReuse(RunState state, Progress progress, Transcript transcript)
{
    /// <returns>null if there is no complete archive. The transcript then says why.</returns>
    public async Task<RunResult?> TryVerifyAsync(TargetContainer target, UndoStack undo, CancellationToken token)
    {
        state.Enter(Phase.VerifyArchive);
        try
        {
            using VerifySubject subject = VerifySubject.OfArchive(target.Data);
            if (subject.Sha256 is not { } sha256)
            {
                transcript.Line($"{target.Data.Archive} has no checksum beside it: a new archive is made.");
                return null;
            }

            BlockAudit audit = await progress.WithHeartbeatAsync(
                "Verifying the archive on the volume",
                () => Task.Run(() => subject.Read(_ => { }, token), CancellationToken.None));
            if (audit.Tally.Blocks == 0 && audit.ProblemCount == 0)
            {
                transcript.Line($"{target.Data.Archive} holds no block: a new archive is made.");
                return null;
            }

            undo.Remains = "The archive is complete and stays.";
            return Report(target, subject.ArchiveBytes!.Value, sha256, audit);
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            transcript.Line($"A new archive is made: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private RunResult Report(TargetContainer target, long bytes, string sha256, BlockAudit audit)
    {
        state.Update(status => status with
        {
            Archive = target.Data.Archive,
            ArchiveBytes = bytes,
            Sha256 = sha256,
            Blocks = audit.Tally.Blocks,
            From = audit.Tally.From,
            To = audit.Tally.To,
            Problems = audit.Problems,
        });
        transcript.Success(
            LogId.ArchiveVerified,
            $"Archive {target.Data.Archive} of an earlier run verified: {bytes} bytes, SHA-256 {sha256}.");
        transcript.Lines(BlockTallyText.Lines(audit.Tally));
        bool isSound = audit.ProblemCount == 0;
        if (!isSound)
        {
            transcript.Failure(
                ExitStatus.DamagedBlocks,
                "The archive is a true copy, but Prometheus' own files were damaged:\n"
                + string.Join('\n', audit.Problems),
                "Keep the archive: the other blocks are sound.");
        }

        string verdict = isSound ? "verified again" : "the archive of an earlier run holds damaged blocks";
        return new(
            isSound ? ExitStatus.Done : ExitStatus.DamagedBlocks,
            $"{verdict}: {Plural.Of(audit.Tally.Blocks, "block")}, {bytes} bytes, sha256 {sha256}");
    }
}

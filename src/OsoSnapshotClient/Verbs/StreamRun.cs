using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Verbs;

/// <summary>Streams the archive here. No file is made on the volume, and a broken stream can't be resumed.</summary>
internal sealed class StreamRun(Preflight preflight, TakeOptions take, CopyOutput? output, TimeProvider time)
{
    private readonly PodAccess _access = preflight.Access;
    private readonly IPodReport _report = preflight.Access.Report;
    private long _size;

    public async Task<PodResult> RunAsync(PodWatch watch, CancellationToken token)
    {
        output?.Forget();
        using ICopyTarget target = output is null ? new StandardOutputTarget() : PartFile.Open(output);
        string container = preflight.Target.Name;
        ResidentAgents residents = new(_access, watch, time);
        AgentContainer agent = await residents.ChooseAsync(preflight.Pod, container, take.IsResident, token);
        StreamedExport export = new(agent, target, take.Copy.Stall);
        CopyVerdict verdict;
        try
        {
            await IdleContainer.StartForOneRunAsync(agent, container, token);
            _report.Say($"Streaming to {output?.Part ?? "standard output"}");
            verdict = await CopyAsync(export, target, token);

            // The file is opened anew to be flushed, and some systems let only one writer have it.
            target.Dispose();
            Accept(verdict, export);
            await IdleContainer.EndAfterOneRunAsync(agent, token);
        }
        catch (Exception e) when (e is OperationCanceledException or OperatorException)
        {
            TellInterrupted(e, target.DoneBytes);
            await Interruption.LimitAsync(async limit =>
            {
                // On SIGTERM the agent deletes the snapshot. The container may end only after that.
                await export.StopAsync(limit);
                await IdleContainer.EndAfterOneRunAsync(agent, limit);
            });
            target.Dispose();
            output?.Forget();
            throw;
        }

        TakeRun.RequireSound(verdict, _report);
        return new(_access.Pod, 0) { File = output?.File, Bytes = _size, Sha256 = verdict.Sha256 };
    }

    private async Task<CopyVerdict> CopyAsync(StreamedExport export, ICopyTarget target, CancellationToken token)
    {
        Task<CopyVerdict> check = CopyVerdict.StartAsync(target.Follow());
        try
        {
            await export.RunAsync(token);
        }
        finally
        {
            target.Complete();
            await check;
            _report.Pause();
        }

        _size = target.DoneBytes;
        return await check;
    }

    private void Accept(CopyVerdict verdict, StreamedExport export)
    {
        if (export.Sha256 is null || export.Sha256 != verdict.Sha256)
        {
            throw new OperatorException(
                export.ExitCode is > 1 and < 128 ? (ExitStatus)export.ExitCode : ExitStatus.ArchiveFailed,
                "The stream broke off, or its bytes were changed:"
                + $" {Fate(ByteSize.Format(_size) + " arrived and", "are")}.",
                "see the log above; without --stream a broken connection is resumed");
        }

        if (verdict.Damage is { } damage)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The stream's checksum is right, but its structure is damaged: {damage}",
                "see the log above");
        }

        output?.Publish(verdict.Sha256);
        output?.Note.Delete();
        string file = output?.File ?? "standard output";
        _report.Say($"✅ {file}: {ByteSize.Format(_size)}, SHA-256 {verdict.Sha256}, structure right");
    }

    private void TellInterrupted(Exception end, long doneBytes)
    {
        if (end is not OperationCanceledException)
        {
            return;
        }

        _report.Pause();
        _report.Warn(
            $"Interrupted after {ByteSize.Format(doneBytes)}. {Fate("The partial copy", "is")}. A stream can't be resumed."
            + " The agent deletes the snapshot.");
    }

    private string Fate(string what, string verb) =>
        output is null ? $"{what} {verb} not the archive" : $"{what} {verb} deleted";
}

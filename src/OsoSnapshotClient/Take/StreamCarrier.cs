using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>
/// Copies an archive that the agent makes while it is copied. No file is made on the volume, and a broken stream can't
/// be resumed.
/// </summary>
/// <param name="output">null for standard output.</param>
internal sealed class StreamCarrier(ICopyOutput? output, CopyOptions options, IPodReport report) : ICarrier
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    public string Kind => RunKinds.Stream;

    public IRunNote? Note => output;

    public bool IsResumable => false;

    public string Name => output?.File ?? "standard output";

    public async Task<CarriedCopy> CarryAsync(AgentRun run, RunStatus held, CancellationToken token)
    {
        output?.DropPart();
        report.Say($"Streaming to {output?.Part ?? "standard output"}");
        using ICopyTarget target = output is null ? new StandardOutputTarget() : output.OpenPart(long.MaxValue);
        ExportEnd end = new(0, null, string.Empty);
        ExportPump pump = new(run, options);
        CopyVerdict verdict = await CheckedCopy.RunAsync(target, CopyVerdict.Read, () => CopyProgress.ShowAsync(
            report, "streaming", () => target.DoneBytes, total: null, async () =>
                end = await pump.RunOnceAsync(new(["--stream"]), target, long.MaxValue, token)));
        if (end.Sha256?.Text != verdict.Sha256 || end.Bytes != target.DoneBytes)
        {
            await RequireDoneAsync(run, token);
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The stream broke off, or its bytes were changed: {Fate(target.DoneBytes)}. {end.ErrorText}".TrimEnd(),
                "see the log above; without --stream a broken connection is resumed");
        }

        if (verdict.Damage is { } damage)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The stream's checksum is right, but its structure is damaged: {damage}",
                "see the log above");
        }

        // The file is opened anew to be flushed, and some systems let only one writer have it.
        target.Dispose();
        output?.Publish(verdict.Sha256);
        report.Say(
            $"✅ {Name}: {ByteSize.Format(target.DoneBytes)}, SHA-256 {verdict.Sha256}, structure right");
        verdict.Warn(report);
        await RequireDoneAsync(run, token);
        return new(
            new(run.Agent.Access.Pod, 0) { File = output?.File, Bytes = target.DoneBytes, Sha256 = verdict.Sha256 },
            CarriedCopy.DamageOf(verdict.Problems));
    }

    public void Dispose() => output?.Dispose();

    // The agent deletes the snapshot before its run ends. The reader that went away is this stream's connection.
    private static async Task RequireDoneAsync(AgentRun run, CancellationToken token)
    {
        if (await run.AwaitEndAsync(EndLimit, token) is { ExitStatus: not (0 or (int)ExitStatus.ReaderGone) })
        {
            await run.ThrowIfEndedAsync(token);
        }
    }

    private string Fate(long bytes)
    {
        string size = ByteSize.Format(bytes);
        return output is null ? $"{size} arrived and are not the archive" : $"{size} arrived and are deleted";
    }
}

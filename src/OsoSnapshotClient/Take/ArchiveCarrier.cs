using System.Diagnostics;
using System.Globalization;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>Copies the archive that a run holds on the volume, and checks the copy.</summary>
/// <param name="output">null for standard output.</param>
internal sealed class ArchiveCarrier(ICopyOutput? output, CopyOptions options, IPodReport report) : ICarrier
{
    public string Kind => RunKinds.Archive;

    public IRunNote? Note => output;

    public bool IsResumable => output is not null;

    public string Name => output?.File ?? "standard output";

    /// <summary>
    /// Starts over once if the checksum is wrong, because a crash of this machine may have damaged the beginning.
    /// </summary>
    /// <exception cref="OperatorException">The copy isn't the archive, or can't be made.</exception>
    public async Task<CarriedCopy> CarryAsync(AgentRun run, RunStatus held, CancellationToken token)
    {
        if (held is not { Sha256: { } sha256, ArchiveBytes: { } size })
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"Container {run.Agent.Container} holds an archive, but does not tell its size and SHA-256.",
                "use the client of the image's version");
        }

        Know(sha256);
        for (int attempt = 1; ; attempt++)
        {
            CopyVerdict verdict = await CopyAsync(run, size, token);
            if (verdict.Sha256 == sha256)
            {
                return Accept(run, verdict, held);
            }

            output?.DropPart();
            if (output is null || attempt == 2)
            {
                throw new OperatorException(
                    ExitStatus.ArchiveFailed,
                    $"The copy is not the archive: its SHA-256 differs from {sha256}"
                    + (attempt == 2 ? ", twice." : "."),
                    $"find what changes bytes between here and the pod; the container waits {options.Hold} at most");
            }

            report.Warn("⚠️ The copy is not the archive (SHA-256 differs): copying it again from its start");
        }
    }

    public void Dispose() => output?.Dispose();

    // Bytes of another archive are worth nothing.
    private void Know(string sha256)
    {
        if (output is null)
        {
            return;
        }

        if (output.Note.Sha256 != sha256)
        {
            output.DropPart();
        }

        output.Note.Sha256 = sha256;
        output.SaveNote();
    }

    private CarriedCopy Accept(AgentRun run, CopyVerdict verdict, RunStatus held)
    {
        if (verdict.Damage is { } damage)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The copy has the right checksum, but its structure is damaged: {damage}"
                + (output is null ? string.Empty : $" It stays as {output.Part}."),
                $"see {run.Agent.Access.LogCommand(run.Agent.Container)}");
        }

        output?.Publish(verdict.Sha256);
        long size = held.ArchiveBytes!.Value;
        report.Say($"✅ {Name}: {ByteSize.Format(size)}, SHA-256 {verdict.Sha256}, structure right");
        return new(
            new(run.Agent.Access.Pod, 0) { File = output?.File, Bytes = size, Sha256 = verdict.Sha256 },
            CarriedCopy.DamageOf(held.Problems));
    }

    private async Task<CopyVerdict> CopyAsync(AgentRun run, long size, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using ICopyTarget target = output is null ? new StandardOutputTarget() : output.OpenPart(size);
        long before = target.DoneBytes;
        if (before > 0)
        {
            report.Say($"Resuming {output!.Part} after {ByteSize.Format(before)}");
        }

        output?.RequireRoom(size - before);
        ExportPump pump = new(run, options);
        long copiedAt = startedAt;
        CopyVerdict verdict = await CheckedCopy.RunAsync(target, CopyVerdict.Read, async () =>
        {
            await CopyProgress.ShowAsync(report, "copying", () => target.DoneBytes, size, () => pump.RunAsync(
                offset => new(["--offset", offset.ToString(CultureInfo.InvariantCulture)]),
                target,
                size,
                _ => target.DoneBytes == size,
                token));
            copiedAt = Stopwatch.GetTimestamp();
        });
        string cuts = pump.Cuts > 0 ? $", connection broken {Plural.Of(pump.Cuts, "time")}" : string.Empty;
        string copied = Durations.Format(Stopwatch.GetElapsedTime(startedAt, copiedAt));
        string rest = Durations.Format(Stopwatch.GetElapsedTime(copiedAt));
        report.Say($"Copied {ByteSize.Format(size - before)} in {copied}{cuts}; checked {rest} later");
        return verdict;
    }
}

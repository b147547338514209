using System.Diagnostics;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Verbs;

/// <summary>Copies the archive, and checks the copy.</summary>
internal sealed class ArchiveFetch(AgentContainer agent, TakeOptions take, CopyOutput? output)
{
    /// <summary>
    /// Starts over once if the checksum is wrong, because a crash of this machine may have damaged the beginning.
    /// </summary>
    /// <exception cref="OperatorException">The copy isn't the archive, or can't be made.</exception>
    public async Task RunAsync(string sha256, long size, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            CopyVerdict verdict = await CopyAsync(size, token);
            if (verdict.Sha256 == sha256)
            {
                Accept(verdict);
                return;
            }

            if (output is not null)
            {
                output.DropPart();
                output.SaveNote();
            }

            if (output is null || attempt == 2)
            {
                throw new OperatorException(
                    ExitStatus.ArchiveFailed,
                    $"The copy is not the archive: its SHA-256 differs from {sha256}"
                    + (attempt == 2 ? ", twice." : "."),
                    $"find what changes bytes between here and the pod; the container waits {take.Hold} at most");
            }

            agent.Access.Report.Warn(
                "⚠️ The copy is not the archive (SHA-256 differs): copying it again from its start");
        }
    }

    private void Accept(CopyVerdict verdict)
    {
        if (verdict.Damage is { } damage)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The copy has the right checksum, but its structure is damaged: {damage}"
                + (output is null ? string.Empty : $" It stays as {output.Part}."),
                $"see kubectl logs {agent.Access.Pod} -c {agent.Name}{agent.Access.Flags.Text}");
        }

        output?.Publish(verdict.Sha256);
    }

    private async Task<CopyVerdict> CopyAsync(long size, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using ICopyTarget target = output is null ? new StandardOutputTarget() : PartFile.Open(output);
        if (target.DoneBytes > 0)
        {
            agent.Access.Report.Say($"Resuming {output!.Part} after {ByteSize.Format(target.DoneBytes)}");
        }

        if (output is not null)
        {
            LocalDisk.Require(output.Part, size - target.DoneBytes);
        }

        int cuts = 0;
        Task<CopyVerdict> check = CopyVerdict.StartAsync(target.Follow());
        try
        {
            cuts = await new ArchiveCopier(agent, take.Hold, take.Copy).CopyAsync(target, size, token);
        }
        finally
        {
            // The check must not outlive the file that it reads.
            target.Complete();
            await check;
        }

        agent.Access.Report.Say(
            $"Copied {ByteSize.Format(size)} in {Durations.Format(Stopwatch.GetElapsedTime(startedAt))}, connection"
            + $" broken {Plural.Of(cuts, "time")}");
        return await check;
    }
}

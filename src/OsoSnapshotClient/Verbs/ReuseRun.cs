using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Verbs;

/// <summary>
/// Copies the archive that a run has left on the volume, for example when its container ended with Prometheus'.
/// </summary>
internal sealed class ReuseRun(Preflight preflight, TakeOptions take, CopyOutput? output, TimeProvider time)
{
    private readonly PodAccess _access = preflight.Access;

    /// <returns>null if the volume holds no complete archive.</returns>
    public async Task<PodResult?> RunAsync(PodWatch watch, CancellationToken token)
    {
        output?.Forget();
        string target = preflight.Target.Name;
        AgentContainer run = await new ResidentAgents(_access, watch, time).ChooseAsync(
            preflight.Pod, target, take.IsResident, token);
        AgentContainer container = new(_access, watch, run.Name, startBefore: null);
        try
        {
            await IdleContainer.StartForOneRunAsync(run, target, token);
            if (await FindAsync(container, token) is not { Sha256: { } sha256, ArchiveBytes: { } size })
            {
                _access.Report.Say("No complete archive is on the volume: making one");
                return null;
            }

            await new ArchiveFetch(container, take, output).RunAsync(sha256, size, token);
            _access.Report.Say(
                $"✅ {output?.File ?? "standard output"}: {ByteSize.Format(size)}, SHA-256 {sha256}, structure right");
            output?.Note.Delete();
            await (take.IsKept ? Task.CompletedTask : RemoveAsync(container, watch, token));
            return new(_access.Pod, 0) { File = output?.File, Bytes = size, Sha256 = sha256 };
        }
        catch (OperationCanceledException)
        {
            TellInterrupted();
            throw;
        }
        finally
        {
            await Interruption.LimitAsync(limit => IdleContainer.EndAfterOneRunAsync(run, limit));
        }
    }

    private Task RemoveAsync(AgentContainer container, PodWatch watch, CancellationToken token)
    {
        ResidentRun removal = new(_access, watch, container.Name, AgentContainer.NewName(time));
        return RemoveRun.RunAsync(removal, preflight.Target.Name, watch, token);
    }

    private void TellInterrupted()
    {
        _access.Report.Pause();
        _access.Report.Warn(
            "Interrupted. The archive stays on the volume: run the same command again to copy it from its start.");
        output?.Forget();
    }

    private async Task<VerifyReport?> FindAsync(AgentContainer container, CancellationToken token)
    {
        _access.Report.Say("Verifying the archive on the volume");
        KubectlAnswer answer = await container.AskAsync(["verify", "--json"], token);
        if (answer.Output.Length == 0)
        {
            _access.Report.Warn($"  {answer.ErrorText}");
            return null;
        }

        VerifyReport report = AgentAnswers.Report(answer);
        if (report.ExitStatus != 0)
        {
            _access.Report.Warn($"  {report.Problem}");
            return null;
        }

        if (report.Blocks.Max(block => block.To) is { } until)
        {
            _access.Report.Say($"  the archive holds samples until {UtcTime.Format(until)}");
        }

        return report;
    }
}

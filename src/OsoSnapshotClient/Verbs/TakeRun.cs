using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Protocol;
using OsoSnapshot.Formats.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Verbs;

/// <summary>Makes an archive in a pod, copies it, checks it and removes it from the volume.</summary>
internal sealed class TakeRun(PodAccess access, TakeOptions take, EndSignal signal, TimeProvider time)
{
    private static readonly TimeSpan CancelOffer = TimeSpan.FromSeconds(3);
    private readonly IPodReport _report = access.Report;
    private CopyOutput? _output;
    private AgentContainer? _agent;
    private bool _isFinished;

    /// <exception cref="OperatorException">It failed; what can be resumed stays.</exception>
    /// <exception cref="OperationCanceledException">A signal; what becomes of the rest is told.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        using CopyOutput? output = _output = take.IsToStandardOutput
            ? null
            : CopyOutput.Open(CopyOutput.FileFor(take.Output, access.Pod));
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        try
        {
            Preflight preflight = await Preflight.RunAsync(access, watch, needsRights: true, token);
            if (take.IsStream)
            {
                return await new StreamRun(preflight, take, output, time).RunAsync(watch, token);
            }

            if (output is { IsPublished: true })
            {
                return await ReleaseAsync(preflight, watch, output, token);
            }

            if (take.IsReuse && await new ReuseRun(preflight, take, output, time).RunAsync(watch, token) is { } reused)
            {
                return reused;
            }

            RunStatus status = await MakeAsync(preflight, watch, token);
            return await FetchAsync(status, token);
        }
        catch (RunEndedException)
        {
            output?.Forget();
            throw;
        }
        catch (OperatorException) when (_isFinished)
        {
            output?.Note.Delete();
            throw;
        }
        catch (OperatorException) when (output is null && _agent is not null)
        {
            // What went to standard output can't be continued by another run.
            await Interruption.GiveUpAsync(_agent, take.IsKept);
            throw;
        }
        catch (OperationCanceledException)
        {
            await TellInterruptedAsync();
            throw;
        }
        finally
        {
            await (_agent?.Log.CloseAsync() ?? Task.CompletedTask);
        }
    }

    // The copy is whole; what is left is the agent, unless it was released and only the note remained.
    private async Task<PodResult> ReleaseAsync(
        Preflight preflight, PodWatch watch, CopyOutput output, CancellationToken token)
    {
        _agent = await new RunNote(preflight, take, output).AdoptAsync(watch, token);
        _isFinished = true;
        _report.Say($"✅ {output.File} is complete: an earlier run has made it");
        string sha256 = output.Note.Sha256!;
        if (_agent is not null)
        {
            await new AgentRelease(_agent, take.IsKept).RunAsync(token);
        }

        output.Note.Delete();
        return new(access.Pod, 0) { File = output.File, Bytes = new FileInfo(output.File).Length, Sha256 = sha256 };
    }

    private async Task<RunStatus> MakeAsync(Preflight preflight, PodWatch watch, CancellationToken token)
    {
        RunNote note = new(preflight, take, _output);
        _agent = await note.AdoptAsync(watch, token);
        bool isAdopted = _agent is not null;
        if (_agent is null)
        {
            AgentContainer fresh = await new ResidentAgents(preflight.Access, watch, time).ChooseAsync(
                preflight.Pod, preflight.Target.Name, take.IsResident, token);
            note.Begin(fresh);
            _agent = fresh;
            await fresh.RequestAsync(preflight.Target.Name, ["OSO_SNAPSHOT_HOLD=" + take.Hold], token);
        }

        await _agent.AwaitStartAsync(token);
        RunStatus status = await ArchiveWait.RunAsync(_agent, isAdopted, token);
        note.Know(status.Sha256!);
        return status;
    }

    private async Task<PodResult> FetchAsync(RunStatus status, CancellationToken token)
    {
        ArchiveFetch fetch = new(_agent!, take, _output);
        await fetch.RunAsync(status.Sha256!, status.ArchiveBytes!.Value, token);
        string size = ByteSize.Format(status.ArchiveBytes.Value);
        _isFinished = true;
        _report.Say(
            $"✅ {_output?.File ?? "standard output"}: {size}, SHA-256 {status.Sha256}, structure right");
        await new AgentRelease(_agent!, take.IsKept).RunAsync(token);
        _output?.Note.Delete();
        if (status.Problems.Count > 0)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                "The archive is a true copy of blocks that are damaged on Prometheus' own disk (see the log).",
                "restore it without these blocks");
        }

        return new(access.Pod, 0)
        {
            File = _output?.File,
            Bytes = status.ArchiveBytes,
            Sha256 = status.Sha256,
        };
    }

    private async Task OfferCancelAsync(AgentContainer agent, CopyOutput output)
    {
        if (!EndSignal.IsAtTerminal || signal.Status != ExitStatus.Interrupted)
        {
            return;
        }

        _report.Warn($"  Ctrl-C again within {CancelOffer.TotalSeconds:0} s gives it up now.");
        if (await Task.WhenAny(signal.Again, Task.Delay(CancelOffer)) == signal.Again)
        {
            _report.Warn($"Ending container {agent.Name} …");
            await Interruption.GiveUpAsync(agent, isKept: false);
            output.Forget();
        }
    }

    private async Task TellInterruptedAsync()
    {
        _report.Pause();
        if (_agent is not { } agent)
        {
            return;
        }

        if (_isFinished)
        {
            _report.Warn(
                $"Interrupted. {_output?.File ?? "What went to standard output"} is complete, but container"
                + $" {agent.Name} of pod {access.Pod} still waits: run the same command again, or"
                + $" {access.Command("remove")}");
        }
        else if (_output is null)
        {
            _report.Warn("Interrupted. What went to standard output is not the archive; ending the container.");
            await Interruption.GiveUpAsync(agent, take.IsKept);
        }
        else
        {
            _report.Warn(
                $"Interrupted. Container {agent.Name} of pod {access.Pod} is still running and waits at most"
                + $" {take.Hold} for the copy.\n"
                + $"  continue:  run the same command again (what was copied is in {_output.Part})\n"
                + $"  give up:   {access.Command("cancel")}; rm -f {_output.Part} {_output.Part}.state");
            await OfferCancelAsync(agent, _output);
        }
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Verbs;

/// <summary>Makes an archive in a pod, copies and checks it, and has the agent remove its files.</summary>
internal sealed class TakeRun(PodAccess access, TakeOptions take, EndSignal signal, TimeProvider time)
{
    private readonly IPodReport _report = access.Report;
    private CopyOutput? _output;
    private RunStart? _start;
    private bool _isFinished;

    private AgentContainer? Agent => _start?.Agent;

    /// <exception cref="OperatorException">The run failed; a later run can continue what was copied.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived; the report says how to continue.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        string file = CopyOutput.FileFor(take.Output, access.Pod);
        if (take.SkipsExisting && await FindExistingAsync(file, token) is { } existing)
        {
            return existing;
        }

        using CopyOutput? output = _output = take.IsToStandardOutput ? null : CopyOutput.Open(file);
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        try
        {
            return await FetchAsync(watch, token);
        }
        catch (NotResumableException)
        {
            output?.Forget();
            throw;
        }
        catch (OperatorException) when (output is null && Agent is not null && !_isFinished)
        {
            // No later run can continue what went to standard output.
            await Interruption.GiveUpAsync(Agent, take.IsKept);
            throw;
        }
        catch (OperationCanceledException)
        {
            await TellInterruptedAsync();
            throw;
        }
        finally
        {
            await (Agent?.Log.CloseAsync() ?? Task.CompletedTask);
        }
    }

    /// <summary>Shows the damage that blocks of a right copy have on Prometheus' own disk.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.DamagedBlocks"/>.</exception>
    public static void RequireSound(CopyVerdict copy, IPodReport report)
    {
        foreach (string problem in copy.Problems)
        {
            report.Warn($"⚠️ {problem}");
        }

        if (copy.Problems.Count > 0)
        {
            throw CopyOfDamagedBlocks();
        }
    }

    private static OperatorException CopyOfDamagedBlocks() => new(
        ExitStatus.DamagedBlocks,
        "The archive is a true copy of blocks that are damaged on Prometheus' own disk (see above).",
        "restore it without these blocks");

    private async Task<PodResult?> FindExistingAsync(string file, CancellationToken token)
    {
        if (await CopyOutput.FindCompleteAsync(file, token) is not { } found)
        {
            return null;
        }

        _report.Say($"✅ {file} is complete: left as it is");
        RequireSound(found, _report);
        return new(access.Pod, 0) { File = file, Bytes = RegularFile.SizeOf(file), Sha256 = found.Sha256 };
    }

    private async Task<PodResult> FetchAsync(PodWatch watch, CancellationToken token)
    {
        Preflight preflight = await Preflight.RunAsync(access, watch, needsRights: true, token);
        if (take.IsStream)
        {
            return await new StreamRun(preflight, take, _output, time).RunAsync(watch, token);
        }

        _start = new(preflight, take, _output, time);
        if (_output is { IsPublished: true })
        {
            return await ReleaseAsync(watch, _output, token);
        }

        // A copy that an interrupted run has begun is worth more than the archive on the volume.
        await _start.AdoptAsync(watch, token);
        if (take.IsReuse && Agent is null
            && await new ReuseRun(preflight, take, _output, time).RunAsync(watch, token) is { } reused)
        {
            return reused;
        }

        return await FetchAsync(await _start.HoldAsync(watch, hasArchive: true, token), token);
    }

    // The copy is complete. Only the agent may still wait for its release.
    private async Task<PodResult> ReleaseAsync(PodWatch watch, CopyOutput output, CancellationToken token)
    {
        await _start!.AdoptAsync(watch, token);
        _isFinished = true;
        _report.Say($"✅ {output.File} is complete: an earlier run has made it");
        string sha256 = output.Note.Sha256!;
        if (Agent is not null)
        {
            await new AgentRelease(Agent, take.IsKept).RunAsync(token);
        }

        output.Note.Delete();
        return new(access.Pod, 0) { File = output.File, Bytes = RegularFile.SizeOf(output.File), Sha256 = sha256 };
    }

    private async Task<PodResult> FetchAsync(RunStatus status, CancellationToken token)
    {
        if (status is not { Sha256: { } sha256, ArchiveBytes: { } bytes and >= 0 })
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"Container {Agent!.Name} of pod {access.Pod} holds an archive, but does not tell its size and SHA-256.",
                "use the client of the image's version");
        }

        ArchiveFetch fetch = new(Agent!, take, _output);
        await fetch.RunAsync(sha256, bytes, token);
        string size = ByteSize.Format(bytes);
        _isFinished = true;
        _report.Say(
            $"✅ {_output?.File ?? "standard output"}: {size}, SHA-256 {status.Sha256}, structure right");
        await new AgentRelease(Agent!, take.IsKept).RunAsync(token);
        _output?.Note.Delete();
        if (status.Problems.Count > 0)
        {
            throw CopyOfDamagedBlocks();
        }

        return new(access.Pod, 0)
        {
            File = _output?.File,
            Bytes = status.ArchiveBytes,
            Sha256 = status.Sha256,
        };
    }

    private async Task TellInterruptedAsync()
    {
        _report.Pause();
        if (Agent is not { } agent)
        {
            return;
        }

        if (_isFinished)
        {
            _report.Warn(
                $"Interrupted. {_output?.File ?? "What went to standard output"} is complete, but container"
                + $" {agent.Name} of pod {access.Pod} still waits:"
                + $"{(_output is null ? string.Empty : " run the same command again, or")} {access.Command("remove")}");
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
            await Interruption.OfferCancelAsync(agent, _output, signal);
        }
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>
/// One backup of one pod: continue the run of an earlier client or start one, follow it until it holds what is to be
/// carried, carry it, and release it.
/// </summary>
internal sealed class TakeSession(Preflight preflight, TakeOptions take, ICarrier carrier, EndSignal signal)
{
    private readonly PodAccess _access = preflight.Access;
    private readonly IPodReport _report = preflight.Access.Report;
    private readonly AgentStart _start = new(preflight.Cluster, preflight.Access, preflight.Pod, preflight.Target.Name);
    private readonly Adoption _adoption = new(preflight, take, carrier.IsResumable ? carrier.Note : null);
    private CarriedCopy? _carried;

    /// <exception cref="OperatorException">The run failed; a later run continues its copy if it can.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived; the report says how to continue.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        try
        {
            await AdoptAsync(token);
            _carried = FindPublished() ?? await CarryAsync(token);
            await ReleaseAsync(token);
            carrier.Note?.Note.Delete();
            return _carried.Accept();
        }
        catch (RunEndedException) when (_carried is null)
        {
            carrier.Note?.Forget();
            throw;
        }
        catch (OperatorException) when (_carried is not null && _start.Run is { End: not null })
        {
            // Nothing is left to release.
            carrier.Note?.Note.Delete();
            throw;
        }
        catch (OperatorException) when (_carried is null && !carrier.IsResumable)
        {
            await Interruption.GiveUpAsync(_start);
            carrier.Note?.Forget();
            throw;
        }
        catch (OperationCanceledException)
        {
            await new Interruption(_start, take, carrier, signal).TellAsync(isCarried: _carried is not null);
            throw;
        }
        finally
        {
            await (_start.Run?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private async Task AdoptAsync(CancellationToken token)
    {
        if (await _adoption.FindAsync(token) is { } found)
        {
            _start.Adopt(found.Agent, found.Run);
        }
    }

    // The copy is complete. Only the agent may still wait for its release.
    private CarriedCopy? FindPublished()
    {
        if (carrier.Note is not ICopyOutput { IsPublished: true } output)
        {
            return null;
        }

        _report.Say($"✅ {output.File} is complete: an earlier run has made it");
        return new(
            new(_access.Pod, 0)
            {
                File = output.File,
                Bytes = output.SizeBytes(),
                Sha256 = output.Note.Sha256,
            },
            Damage: null);
    }

    private async Task<CarriedCopy> CarryAsync(CancellationToken token)
    {
        RunStatus held = await WaitForAdoptedAsync(token)
            ?? await _start.RunAsync(Request(), take.IsResident, _adoption.Note, IsHeld, token);
        if (take.IsReuse && held.To is { } until)
        {
            _report.Say($"  the archive holds samples until {UtcTime.Format(until)}");
        }

        return await carrier.CarryAsync(_start.Run!, held, token);
    }

    /// <returns>null if no run was adopted, or an earlier client had released it before it was killed.</returns>
    private async Task<RunStatus?> WaitForAdoptedAsync(CancellationToken token)
    {
        if (_start.Run is not { } adopted)
        {
            return null;
        }

        try
        {
            return await adopted.WaitAsync(IsHeld, token);
        }
        catch (RunEndedException e) when (e.End is { ExitStatus: 0, EndedBy: null })
        {
            _adoption.TellEnded(adopted.Agent.Container);
            await adopted.DisposeAsync();
            return null;
        }
    }

    private StartRequest Request() => new()
    {
        Run = AgentStart.NewName(),
        Kind = carrier.Kind,
        IsReuse = take.IsReuse,
        Settings = new Dictionary<string, string>(_access.Start.Settings) { ["OSO_SNAPSHOT_HOLD"] = take.Copy.Hold },
    };

    private static bool IsHeld(RunStatus status) =>
        status.End is null
        && (status.Phase == PhaseNames.Of(Phase.HoldForCopy) || status.Phase == PhaseNames.Of(Phase.StreamSnapshot));

    private async Task ReleaseAsync(CancellationToken token)
    {
        if (_start.Run is not { } run || carrier.Kind == RunKinds.Stream)
        {
            return;
        }

        try
        {
            await new AgentRelease(run, take.IsKept).RunAsync(token);
        }
        catch (OperatorException e) when (e.Status == ExitStatus.NotTidiedUp)
        {
            throw _carried!.EndedBy(e);
        }
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;
using OsoSnapshotClient.Verbs;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>
/// <c>take --into</c> has Prometheus make a snapshot, copies the blocks that the directory lacks, and writes the list
/// of the snapshot's blocks last.
/// </summary>
internal sealed class BackupRun
{
    /// <summary>The agent holds the snapshot and writes no archive.</summary>
    private const string NoArchive = "OSO_SNAPSHOT_ARCHIVE=no";

    private readonly PodAccess _access;
    private readonly TakeOptions _take;
    private readonly EndSignal _signal;
    private readonly TimeProvider _time;
    private readonly IPodReport _report;
    private RunStart? _start;
    private bool _isListed;

    public BackupRun(PodAccess access, TakeOptions take, EndSignal signal, TimeProvider time)
    {
        (_take, _signal, _time, _report) = (take, signal, time, access.Report);
        _access = access with
        {
            Start = access.Start with { Environment = [NoArchive, .. access.Start.Environment] },
        };
    }

    /// <exception cref="OperatorException">The run failed; a later run can continue what was copied.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived; the report says how to continue.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        try
        {
            PodResult result = await AddAsync(token);
            StaleParts.DeleteWhereAlone(_take.Into!, _time);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"Something in {_take.Into} can't be read or written: {e.Message}",
                Causes.Remedy(e, "remove the cause, then run the same command again to continue"),
                e);
        }
    }

    private async Task<PodResult> AddAsync(CancellationToken token)
    {
        using BackupDirectory directory = BackupDirectory.OpenToAdd(_take.Into!, _report.Say, token);
        await using PodWatch watch = new(_access.Kubectl, _access.Pod);
        Preflight preflight = await Preflight.RunAsync(_access, watch, needsRights: true, token);
        PodName pod = NameOf(preflight.Pod);
        using CopyOutput note = OpenNote(directory, pod);
        _start = new(preflight, _take, note, _time);
        return await RunAsync(_start, watch, directory, pod, note, token);
    }

    private async Task<PodResult> RunAsync(
        RunStart start,
        PodWatch watch,
        BackupDirectory directory,
        PodName pod,
        CopyOutput note,
        CancellationToken token)
    {
        try
        {
            await start.AdoptAsync(watch, token);
            RunStatus status = await start.HoldAsync(watch, hasArchive: false, token);
            AgentContainer agent = start.Agent!;
            BackupSession copy = new(agent, directory, pod, _take, _time);
            BackupOutcome outcome = await copy.RunAsync(status, token);
            _isListed = true;
            await new AgentRelease(agent, _take.IsKept).RunAsync(token);
            note.Note.Delete();
            return Judge(outcome);
        }
        catch (NotResumableException)
        {
            note.Forget();
            throw;
        }
        catch (OperatorException) when (_isListed)
        {
            note.Note.Delete();
            throw;
        }
        catch (OperationCanceledException)
        {
            await TellInterruptedAsync(note);
            throw;
        }
        finally
        {
            await (start.Agent?.Log.CloseAsync() ?? Task.CompletedTask);
        }
    }

    private PodResult Judge(BackupOutcome outcome)
    {
        if (outcome.List.Blocks.Any(block => block.Problems is not null))
        {
            throw new OperatorException(
                ExitStatus.DamagedBlocks,
                $"{outcome.Path} is a true backup of blocks that are damaged on Prometheus' own disk (see above).",
                "delete these blocks on Prometheus' disk; restore the others with tar");
        }

        return new(_access.Pod, 0)
        {
            File = outcome.Path,
            Bytes = ByteSize.Sum(outcome.List.Blocks.Select(block => block.FileBytes)),
            Blocks = outcome.List.Blocks.Count,
            CopiedBlocks = outcome.CopiedBlocks,
            CopiedBytes = outcome.CopiedBytes,
        };
    }

    private PodName NameOf(Pod pod)
    {
        int flag = _access.Flags.Arguments.ToList().IndexOf("-n");
        string named = flag >= 0 ? _access.Flags.Arguments[flag + 1] : "default";
        string space = pod.Metadata.Namespace.Length > 0 ? pod.Metadata.Namespace : named;
        return PodName.TryParse($"{space}.{_access.Pod}") ?? throw new OperatorException(
            ClientStatus.Failed,
            $"'{Printable.Text(space)}' and '{Printable.Text(_access.Pod)}' are not valid names of a namespace and a pod.",
            "see kubectl get pods -o json");
    }

    private static CopyOutput OpenNote(BackupDirectory directory, PodName pod)
    {
        using (DirectoryHandle lists = BackupEntry.OpenOrCreateDirectory(directory.Snapshots, pod.Text))
        {
            foreach (string name in StaleParts.RunFiles)
            {
                BackupEntry.FindFileToChange(lists, name);
            }
        }

        try
        {
            return CopyOutput.Open($"{directory.PathOf(pod)}/{StaleParts.RunName}");
        }
        catch (OperatorException e) when (e.Status == ExitStatus.Busy)
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Another client backs up {pod} into {directory.Path}: {e.Message}",
                "wait until the other client has ended",
                e);
        }
    }

    private async Task TellInterruptedAsync(CopyOutput note)
    {
        _report.Pause();
        if (_start?.Agent is not { } agent)
        {
            return;
        }

        _report.Warn(_isListed
            ? $"Interrupted. The list is written, but container {agent.Name} of pod {_access.Pod} still waits: run"
                + $" the same command again, or {_access.Command("remove")}"
            : $"Interrupted. Container {agent.Name} of pod {_access.Pod} is still running and waits at most"
                + $" {_take.Hold} for the copy.\n"
                + "  continue:  run the same command again (what was copied stays)\n"
                + $"  give up:   {_access.Command("cancel")}");
        if (!_isListed)
        {
            await Interruption.OfferCancelAsync(agent, note, _signal);
        }
    }
}

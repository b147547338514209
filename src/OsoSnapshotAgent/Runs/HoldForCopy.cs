using System.Runtime.InteropServices;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Keeps the container running while the operator copies the archive, as <c>kubectl cp</c> requires. With a terminal it
/// waits for Enter, otherwise for OSO_SNAPSHOT_HOLD.
/// </summary>
internal sealed class HoldForCopy(
    RunState state,
    AgentSettings settings,
    Terminal terminal,
    ConsoleOutput console,
    Transcript transcript,
    EndSignals signals,
    TimeProvider time)
{
    // Under Kubernetes, stdin stays open when a script ends, so Enter may never come. A long limit ends the hold.
    private static readonly TimeSpan TerminalDefault = TimeSpan.FromHours(24);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan AfterResize = TimeSpan.FromSeconds(0.3);

    private enum End
    {
        Enter,
        Limit,
        Removed,
        Released,
    }

    // A client that started this run copies the archive and ends the hold by itself.
    private bool HasClient => settings.Client is not null;

    /// <exception cref="OperationCanceledException">A signal ended the hold.</exception>
    public async Task RunAsync(TargetContainer target, HeldArtefact held, RunLock runLock, CancellationToken token)
    {
        state.Enter(Phase.HoldForCopy);
        runLock.MoveTo(held.Path);
        TimeSpan limit = settings.Hold ?? (terminal.IsInteractive ? TerminalDefault : TimeSpan.Zero);
        if (!terminal.IsInteractive && !HasClient)
        {
            transcript.Line("The shell is not interactive: the prompt to press Enter is skipped.");
        }

        if (limit == TimeSpan.Zero)
        {
            transcript.Line(terminal.IsInteractive || HasClient
                ? "OSO_SNAPSHOT_HOLD is 0: the run ends at once."
                : "The run ends at once. kubectl cp needs a running container: set OSO_SNAPSHOT_HOLD=30m (or so) to copy from it.");
            return;
        }

        if (!HasClient)
        {
            transcript.Lines(held.Instructions);
        }

        // An ephemeral container has no limit of its own, and uses its pod's memory.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        await WaitAsync(target.Data, held, limit, token);
    }

    private async Task WaitAsync(DataDirectory data, HeldArtefact held, TimeSpan limit, CancellationToken token)
    {
        string until = limit == Timeout.InfiniteTimeSpan ? "without limit" : $"at most {Durations.Format(limit)}";
        Func<End> wait = terminal.IsInteractive
            ? () => WaitAtPrompt(data.Directory, held, limit, until, token)
            : () => Wait(data.Directory, held, limit, until, token);
        state.BeginHold(data, held.IsArchive);
        End end = await EndAsync(wait, token);
        if (end == End.Removed && HasClient)
        {
            throw new OperatorException(
                ExitStatus.EndedByAnother,
                $"Another run has removed {data.Directory.PathOf(held.Path)}.",
                "Find out who started that run. Make a new backup if you still need one.");
        }

        transcript.Line(end switch
        {
            End.Enter => "Enter was pressed: the hold ends.",
            End.Limit => $"The hold ends after {Durations.Format(limit)} (OSO_SNAPSHOT_HOLD).",
            End.Released => "oso-snapshot release: the hold ends.",
            _ => $"{held.Path} was removed meanwhile: the hold ends.",
        });
        if (end == End.Enter)
        {
            ShowLog(data.Directory, token);
        }
    }

    private async Task<End> EndAsync(Func<End> wait, CancellationToken token)
    {
        try
        {
            End end = await Task.Run(wait, token);
            state.Hold.End(token);
            token.ThrowIfCancellationRequested();
            return end;
        }
        catch (OperationCanceledException) when (signals.IsCancelled)
        {
            HeldRemoval.TryBegin(state.Hold)?.Run(CancellationToken.None);
            state.Hold.End(CancellationToken.None);
            throw;
        }
    }

    private End WaitAtPrompt(
        DirectoryHandle directory,
        HeldArtefact held,
        TimeSpan limit,
        string until,
        CancellationToken token)
    {
        string prompt = $"Copy the {held.Name} now, then press Enter here to end this container."
            + $" The container waits {until}.";

        // Enter typed before the prompt was an answer to kubectl's "try pressing enter". It must not end the hold.
        console.Drain();
        Terminal.DropPendingInput();
        transcript.Line(prompt);

        // A client that attaches sets the window's size (kubectl does so twice), perhaps before it shows any output.
        // The prompt is then printed again.
        using ITimer shows = time.CreateTimer(
            _ => console.WriteLine(prompt), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using PosixSignalRegistration attached = PosixSignalRegistration.Create(
            PosixSignal.SIGWINCH, _ => shows.Change(AfterResize, Timeout.InfiniteTimeSpan));
        return WaitUntil(directory, held, limit, () => terminal.WaitForEnter(Tick), token);
    }

    private End Wait(
        DirectoryHandle directory,
        HeldArtefact held,
        TimeSpan limit,
        string until,
        CancellationToken token)
    {
        transcript.Line($"Holding {until} for the copy (OSO_SNAPSHOT_HOLD).");
        return WaitUntil(directory, held, limit, IsEnter, token);

        bool IsEnter()
        {
            state.Hold.AwaitRelease(Tick, token);
            return false;
        }
    }

    private End WaitUntil(
        DirectoryHandle directory,
        HeldArtefact held,
        TimeSpan limit,
        Func<bool> isEnter,
        CancellationToken token)
    {
        long startedAt = time.GetTimestamp();
        while (limit == Timeout.InfiniteTimeSpan || time.GetElapsedTime(startedAt) < limit)
        {
            if (isEnter())
            {
                return End.Enter;
            }

            token.ThrowIfCancellationRequested();
            // Keep this order: a removal sets IsRemoving, deletes, releases, and then clears IsRemoving.
            bool isGone = directory.Find(held.Path) is null;
            bool isRemoving = state.Hold.IsRemoving;
            if (state.Hold.IsReleased)
            {
                return End.Released;
            }

            if (isGone && !isRemoving)
            {
                return End.Removed;
            }
        }

        return End.Limit;
    }

    private void ShowLog(DirectoryHandle directory, CancellationToken token)
    {
        try
        {
            using StreamReader log = new(directory.OpenFile(DataDirectory.LogName));
            console.WriteAtReadersPace(
                BoundedLines.Read(log).TakeWhile(
                    _ => !token.IsCancellationRequested).Select(line => Printable.Text(line)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            transcript.Warning(
                LogId.LogNotShown,
                $"{directory.PathOf(DataDirectory.LogName)} can't be shown: {e.Message}");
        }
    }
}

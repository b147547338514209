using System.Runtime.InteropServices;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>
/// Stays while the operator copies the archive out: <c>kubectl cp</c> needs a running container. With a terminal until
/// Enter, else for as long as OSO_SNAPSHOT_HOLD says.
/// </summary>
internal sealed class HoldForCopy(SnapshotRun run, AgentSettings settings, Terminal terminal, ConsoleOutput console, Transcript transcript, CopyInstructions instructions, TimeProvider time) : IStep
{
    // The end of a script without a terminal never closes stdin under Kubernetes, so there is a limit, if a long one.
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

    public async Task RunAsync(CancellationToken token)
    {
        FileLock? directory = run.Lock;
        run.Lock = LockArchive();
        directory?.Dispose();
        TimeSpan limit = settings.Hold ?? (terminal.IsInteractive ? TerminalDefault : TimeSpan.Zero);
        if (!terminal.IsInteractive && !HasClient)
        {
            transcript.Line("The shell is not interactive: the prompt to press Enter is skipped.");
        }

        if (limit == TimeSpan.Zero)
        {
            transcript.Line(terminal.IsInteractive || HasClient
                ? "OSO_SNAPSHOT_HOLD is 0: ending at once."
                : "Ending at once: kubectl cp needs a running container, so set OSO_SNAPSHOT_HOLD=30m (or so) to copy from this one.");
            return;
        }

        if (!HasClient)
        {
            transcript.Lines(instructions.Lines());
        }

        ResidentMemory.Trim();
        string until = limit == Timeout.InfiniteTimeSpan ? "without limit" : $"at most {Durations.Format(limit)}";
        run.Hold.Begin();
        End end = await Task.Run(() => terminal.IsInteractive ? WaitAtPrompt(limit, until, token) : Wait(limit, until, token), token);
        run.Hold.End(token);
        token.ThrowIfCancellationRequested();
        transcript.Line(end switch
        {
            End.Enter => "Enter was pressed: the hold ends.",
            End.Limit => $"The hold ends after {Durations.Format(limit)} (OSO_SNAPSHOT_HOLD).",
            End.Released => "oso-snapshot release: the hold ends.",
            _ => $"{DataDirectory.ArchiveName} was removed meanwhile: the hold ends.",
        });
        if (end == End.Enter)
        {
            ShowLog(token);
        }
    }

    private DirectoryHandle Directory => run.Target.Data.Directory;

    // A client that started this run copies and releases by itself.
    private bool HasClient => settings.Client is not null;

    private FileLock? LockArchive()
    {
        try
        {
            return Directory.TryLockFile(DataDirectory.ArchiveName, isShared: true);
        }
        catch (IOException)
        {
            // Removed already: the wait sees it.
            return null;
        }
    }

    private End WaitAtPrompt(TimeSpan limit, string until, CancellationToken token)
    {
        string prompt = $"Copy the archive now; then press Enter here to end this container. It waits {until}.";

        // Enter typed before the prompt was meant for kubectl's "try pressing enter"; one typed after it counts.
        console.Drain();
        Terminal.DropPendingInput();
        transcript.Line(prompt);

        // A client that attaches sets the window's size, kubectl twice in a row, perhaps before it sees what is printed. Once the sizes
        // have come, it is shown what is waited for.
        using ITimer shows = time.CreateTimer(
            _ => console.WriteLine(prompt), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using PosixSignalRegistration attached = PosixSignalRegistration.Create(
            PosixSignal.SIGWINCH, _ => shows.Change(AfterResize, Timeout.InfiniteTimeSpan));
        return WaitUntil(limit, () => terminal.WaitForEnter(Tick), token);
    }

    private End Wait(TimeSpan limit, string until, CancellationToken token)
    {
        transcript.Line($"Holding {until} for the copy (OSO_SNAPSHOT_HOLD).");
        return WaitUntil(limit, () => token.WaitHandle.WaitOne(Tick) && false, token);
    }

    private End WaitUntil(TimeSpan limit, Func<bool> isEnter, CancellationToken token)
    {
        long startedAt = time.GetTimestamp();
        while (limit == Timeout.InfiniteTimeSpan || time.GetElapsedTime(startedAt) < limit)
        {
            if (isEnter())
            {
                return End.Enter;
            }

            token.ThrowIfCancellationRequested();
            // In this order: a removal by a verb deletes the archive first, then says so, then is over.
            bool isGone = Directory.Find(DataDirectory.ArchiveName) is null;
            bool isRemoving = run.Hold.IsRemoving;
            if (run.Hold.IsReleased)
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

    private void ShowLog(CancellationToken token)
    {
        try
        {
            using StreamReader log = new(Directory.OpenFile(DataDirectory.LogName));
            console.WriteAtReadersPace(BoundedLines.Read(log).TakeWhile(_ => !token.IsCancellationRequested).Select(line => Printable.Text(line)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            transcript.Warning($"{Directory.PathOf(DataDirectory.LogName)} can't be shown: {e.Message}");
        }
    }
}

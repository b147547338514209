using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;

namespace OsoSnapshotAgent.Steps;

/// <summary>Runs the steps in order, and turns whatever ends them into an exit status, a message and a clean volume.</summary>
internal sealed class StepRunner(IEnumerable<IStep> steps, SnapshotRun run, Transcript transcript, TerminationMessage terminationMessage, EndSignals signals)
{
    public async Task<ExitStatus> RunAsync()
    {
        try
        {
            foreach (IStep step in steps)
            {
                signals.Token.ThrowIfCancellationRequested();
                run.Step = step.GetType().Name;
                await step.RunAsync(signals.Token);
            }

            terminationMessage.Write(run.Summary);
            return run.Status;
        }
        catch (OperationCanceledException) when (signals.Status is not null)
        {
            string kept = run.IsArchiveKept ? "The archive is complete and stays."
                : run.IsRequestPending ? "Prometheus goes on making the snapshot under snapshots/; the next run deletes it, or REMOVE=yes."
                : "Nothing half-made was left behind.";
            return End(signals.Status.Value, $"Ended by {SignalName(signals.Status.Value)}.", kept);
        }
        catch (AgentException e)
        {
            return End(e.Status, e.Message, e.Remedy, e.Brief);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ExitStatus status = e is IOException io && OutOfRoom.Is(io) ? ExitStatus.NoRoom : ExitStatus.ArchiveFailed;
            return End(status, e.Message, e is UnauthorizedAccessException
                ? "See who owns it (ls -ln): start with that user and group (kubectl debug … --custom=FILE), or as root with --profile=general, and run again."
                : "See whether the volume is full, read-only or failing (kubectl describe pod, the node's log), and run again.");
        }
#pragma warning disable CA1031 // The last line of defence: a bug must still leave a clean volume and say what it was.
        catch (Exception e)
#pragma warning restore CA1031
        {
            TakeBack();
            transcript.Bug(e);
            terminationMessage.Write($"bug: {e.GetType().Name}: {e.Message}");
            return ExitStatus.Bug;
        }
    }

    private ExitStatus End(ExitStatus status, string problem, string remedy, string? brief = null)
    {
        TakeBack();
        transcript.Failure(problem, remedy);
        transcript.Line($"Exit status {(int)status}.");
        terminationMessage.Write(brief ?? problem, remedy);
        return status;
    }

    private void TakeBack()
    {
        try
        {
            run.TakeBack();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            transcript.Warning($"Not everything could be deleted ({e.Message}); the next run does, or REMOVE=yes.");
        }
    }

    private static string SignalName(ExitStatus status) => status switch
    {
        ExitStatus.HungUp => "SIGHUP",
        ExitStatus.Interrupted => "SIGINT",
        _ => "SIGTERM",
    };
}

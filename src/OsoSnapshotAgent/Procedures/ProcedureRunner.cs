using OsoSnapshot.Formats;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Procedures;

/// <summary>Runs a procedure, and turns whatever ends it into an exit status, a message and a clean volume.</summary>
internal sealed class ProcedureRunner(Transcript transcript, TerminationMessage terminationMessage, EndSignals signals)
{
    /// <param name="procedure">Gets the stack on which it puts what must be taken back, and the token that a signal
    /// cancels.</param>
    public async Task<ExitStatus> RunAsync(Func<UndoStack, CancellationToken, Task<RunResult>> procedure)
    {
        UndoStack undo = new(transcript);
        try
        {
            RunResult result = await procedure(undo, signals.Token);
            terminationMessage.Write(result.Summary);
            return result.Status;
        }
        catch (OperationCanceledException) when (signals.Status is { } status)
        {
            undo.Dispose();
            return Fail(status, $"Ended by {SignalName(status)}.", undo.Remains);
        }
        catch (OperatorException e)
        {
            undo.Dispose();
            return Fail(e.Status, e.Message, e.Remedy, e.Brief);
        }
        catch (UnauthorizedAccessException e)
        {
            undo.Dispose();
            return Fail(
                ExitStatus.ArchiveFailed,
                e.Message,
                "See who owns it (ls -ln): start with that user and group (kubectl debug … --custom=FILE), or as root"
                + " with --profile=general, and run again.");
        }
        catch (IOException e)
        {
            undo.Dispose();
            return Fail(
                OutOfRoom.Is(e) ? ExitStatus.NoRoom : ExitStatus.ArchiveFailed,
                e.Message,
                "See whether the volume is full, read-only or failing (kubectl describe pod, the node's log), and run again.");
        }
#pragma warning disable CA1031 // The last line of defence: a bug must still leave a clean volume and say what it was.
        catch (Exception e)
#pragma warning restore CA1031
        {
            undo.Dispose();
            transcript.Bug(e);
            terminationMessage.Write($"bug: {e.GetType().Name}: {e.Message}");
            return ExitStatus.Bug;
        }
    }

    private ExitStatus Fail(ExitStatus status, string problem, string remedy, string? brief = null)
    {
        transcript.Failure(problem, remedy);
        transcript.Line($"Exit status {(int)status}.");
        terminationMessage.Write(brief ?? problem, remedy);
        return status;
    }

    private static string SignalName(ExitStatus status) => status switch
    {
        ExitStatus.HungUp => "SIGHUP",
        ExitStatus.Interrupted => "SIGINT",
        _ => "SIGTERM",
    };
}

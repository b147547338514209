using OsoSnapshotAgent.Output;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Executes a run, and turns its end into an exit status, a message and a clean volume.</summary>
internal sealed class RunExecutor(Transcript transcript, TerminationMessage terminationMessage, EndSignals signals)
{
    /// <param name="run">Gets the stack for what must be taken back, and the token that a signal cancels.</param>
    public async Task<ExitStatus> RunAsync(Func<UndoStack, CancellationToken, Task<RunResult>> run)
    {
        UndoStack undo = new(transcript);
        try
        {
            RunResult result = await run(undo, signals.Token);
            terminationMessage.Write(result.Summary);
            return result.Status;
        }
#pragma warning disable CA1031 // A bug must still leave a clean volume and a message.
        catch (Exception e)
#pragma warning restore CA1031
        {
            undo.Dispose();
            return Explain(e, undo.Remains);
        }
    }

    private ExitStatus Explain(Exception failure, string remains)
    {
        switch (failure)
        {
            case OperationCanceledException when signals.Status is { } status:
                return Fail(status, $"Ended by {SignalName(status)}.", remains);
            case OperatorException e:
                return Fail(e.Status, e.Message, e.Remedy, e.Brief);
            case UnauthorizedAccessException:
                return Fail(
                    ExitStatus.ArchiveFailed,
                    failure.Message,
                    Causes.Remedy(
                        failure,
                        "See who owns it (ls -ln). Run again as that user and group (kubectl debug … --custom=FILE)."));
            case IOException e:
                return Fail(
                    Causes.Status(e, ExitStatus.ArchiveFailed),
                    failure.Message,
                    Causes.Remedy(
                        e,
                        "See whether the volume is full, read-only or failing (kubectl describe pod, the node's log), and run again."));
            default:
                transcript.Bug(failure);
                terminationMessage.Write($"bug: {failure.GetType().Name}: {failure.Message}");
                return ExitStatus.Bug;
        }
    }

    private ExitStatus Fail(ExitStatus status, string problem, string remedy, string? brief = null)
    {
        transcript.Failure(status, problem, remedy);
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

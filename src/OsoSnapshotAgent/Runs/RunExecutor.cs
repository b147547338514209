using OsoSnapshotAgent.Output;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Executes a run, and turns its end into an exit status, a message and a clean volume.</summary>
internal sealed class RunExecutor(
    Transcript transcript,
    TerminationMessage terminationMessage,
    EndSignals signals,
    RunState state,
    TimeProvider time)
{
    private const string Removed = "What the run held is removed.";

    /// <param name="run">Gets the stack for what must be taken back, and the token that a signal cancels.</param>
    public async Task<RunEnd> RunAsync(Func<UndoStack, CancellationToken, Task<RunResult>> run)
    {
        UndoStack undo = new(transcript);
        try
        {
            RunResult result = await run(undo, signals.Token);
            return state.EndedBy is { } other
                ? Fail(ExitStatus.EndedByAnother, $"Released by another client ({other}).", Released())
                : End(result.Status, result.Summary);
        }
#pragma warning disable CA1031 // A bug must still leave a clean volume and a message.
        catch (Exception e)
#pragma warning restore CA1031
        {
            undo.Dispose();
            return Explain(e, undo.Remains);
        }
    }

    private RunEnd Explain(Exception failure, string remains)
    {
        switch (failure)
        {
            case OperationCanceledException when signals.Status is { } status:
                return Fail(status, signals.Reason, state.Hold.IsRemoved ? Removed : remains);
            case OperatorException e:
                return Fail(e.Status, e.Message, e.Remedy, e.Brief) with { NeededIdentity = e.NeededIdentity };
            case UnauthorizedAccessException:
                return Fail(
                    ExitStatus.ArchiveFailed,
                    failure.Message,
                    Causes.Remedy(
                        failure,
                        "See who owns the file (ls -ln). Run again as that user and group (kubectl debug … --custom=FILE)."));
            case IOException e:
                return Fail(
                    Causes.Status(e, ExitStatus.ArchiveFailed),
                    failure.Message,
                    Causes.Remedy(
                        e,
                        "See whether the volume is full, read-only or failing (kubectl describe pod, the node's log), and run again."));
            default:
                transcript.Bug(failure);
                return End(ExitStatus.Bug, $"bug: {failure.GetType().Name}: {failure.Message}");
        }
    }

    private string Released() => state.Hold.IsRemoved
        ? Removed + " Make a new backup if you still need one."
        : "What was held stays on the volume until the next run. --reuse holds a complete archive again.";

    private RunEnd EndOf(ExitStatus status, string message, string? remedy) => new()
    {
        ExitStatus = (int)status,
        Message = message.ReplaceLineEndings(" "),
        Remedy = remedy?.ReplaceLineEndings(" "),
        EndedBy = status == ExitStatus.EndedByAnother ? state.EndedBy : null,
        At = time.GetUtcNow(),
    };

    private RunEnd End(ExitStatus status, string summary)
    {
        terminationMessage.Write(summary);
        return EndOf(status, summary, remedy: null);
    }

    private RunEnd Fail(ExitStatus status, string problem, string remedy, string? brief = null)
    {
        transcript.Failure(status, problem, remedy);
        transcript.Line($"Exit status {(int)status}.");
        terminationMessage.Write(brief ?? problem, remedy);
        return EndOf(status, problem, remedy);
    }
}

using OsoSnapshotAgent.Output;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>Takes back what a run has made if the run fails, the last first.</summary>
internal sealed class UndoStack(Transcript transcript) : IDisposable
{
    private readonly Stack<Action> _actions = new();

    /// <summary>What is left if the run ends now, as a sentence for the operator.</summary>
    public string Remains { get; set; } = "No partial file was left behind.";

    public void Add(Action undo) => _actions.Push(undo);

    /// <summary>Keeps what was made from now on.</summary>
    public void Forget() => _actions.Clear();

    /// <summary>
    /// Takes back what was not forgotten. A failure is only a warning: an exception would hide why the run failed.
    /// </summary>
    public void Dispose()
    {
        try
        {
            Run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperatorException)
        {
            transcript.Warning(
                LogId.NotDeleted,
                $"Not everything could be deleted ({e.Message}). The next run, or REMOVE=yes, will delete the rest.");
        }
    }

    /// <summary>Takes everything back once, even if one thing can't be taken back.</summary>
    /// <exception cref="IOException">Something could not be taken back.</exception>
    /// <exception cref="UnauthorizedAccessException">Something may not be taken back.</exception>
    /// <exception cref="OperatorException">A server uses what should be taken back.</exception>
    public void Run()
    {
        if (_actions.TryPop(out Action? undo))
        {
            try
            {
                undo();
            }
            finally
            {
                Run();
            }
        }
    }
}

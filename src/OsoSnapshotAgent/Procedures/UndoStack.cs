using OsoSnapshot.Formats;
using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Procedures;

/// <summary>What a run has made and must take back where it fails, the last first.</summary>
internal sealed class UndoStack(Transcript transcript) : IDisposable
{
    private readonly Stack<Action> _actions = new();

    /// <summary>What is left when the run is ended now, as a sentence for the operator.</summary>
    public string Remains { get; set; } = "No partial file was left behind.";

    public void Add(Action undo) => _actions.Push(undo);

    /// <summary>What was made stays from now on.</summary>
    public void Forget() => _actions.Clear();

    /// <summary>
    /// Takes back what was not forgotten. A failure is a warning, since it would hide why the run failed.
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
                $"Not everything could be deleted ({e.Message}); the next run does, or REMOVE=yes.");
        }
    }

    /// <summary>Takes everything back, each thing once, also where another can't be.</summary>
    /// <exception cref="IOException">Something could not be taken back.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    /// <exception cref="OperatorException">The same: a server uses it.</exception>
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

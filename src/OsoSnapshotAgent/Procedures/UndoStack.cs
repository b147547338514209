using OsoSnapshot.Formats;

namespace OsoSnapshotAgent.Procedures;

/// <summary>What a run has made and must take back where it fails, the last first.</summary>
internal sealed class UndoStack
{
    private readonly Stack<Action> _actions = new();

    /// <summary>What is left when the run is ended now, as a sentence for the operator.</summary>
    public string Remains { get; set; } = "Nothing half-made was left behind.";

    public void Add(Action undo) => _actions.Push(undo);

    /// <summary>What was made stays from now on.</summary>
    public void Forget() => _actions.Clear();

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

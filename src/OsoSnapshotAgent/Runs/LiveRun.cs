using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Runs;

/// <summary>A run of this process, at work or ended, as the verbs see it.</summary>
/// <param name="Stream">Takes the connection that carries the archive; null if the run streams nothing.</param>
internal sealed record LiveRun(RunState State, EndSignals Signals, RunLog Log, StreamHandoff? Stream = null)
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the connections that carry blocks; null if the run restores nothing.</summary>
    public ReceiveHandoff? Receive { get; init; }

    /// <summary>The settings that <c>start</c> gave.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Ends when a client has been told how the run ended.</summary>
    public Task Read => _read.Task;

    public void NoteRead() => _read.TrySetResult();
}

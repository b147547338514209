namespace OsoSnapshotAgent.Output;

/// <summary>Tells waiting readers that something has changed. Any thread may use it.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = Create();

    /// <summary>Ends at the next change. Take it before you look at what may change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Pulse() => Interlocked.Exchange(ref _next, Create()).TrySetResult();

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

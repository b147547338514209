using System.Net.Sockets;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Hands the connections of <c>oso-snapshot receive</c> to the run that restores, one after the other: a client whose
/// connection broke comes again.
/// </summary>
internal sealed class ReceiveHandoff(TimeProvider time) : IDisposable
{
    // Meanwhile no other client can restore. One that comes later starts a new run, which needs few seconds.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private readonly object _lock = new();
    private TaskCompletionSource<Socket> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _done;
    private Socket? _current;
    private bool _isClosed;

    /// <summary>Gives a connection to the run. It takes the place of an earlier one, which may be dead.</summary>
    /// <returns>Ends when the run needs the connection no longer; null if the run takes none.</returns>
    public Task? TryGive(Socket client)
    {
        lock (_lock)
        {
            if (_isClosed || _next.Task.IsCompleted)
            {
                return null;
            }

            _current?.Dispose();
            _done?.TrySetResult();
            _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _next.SetResult(client);
            return _done.Task;
        }
    }

    /// <exception cref="OperatorException">No client came.</exception>
    public async Task<Socket> NextAsync(CancellationToken token)
    {
        try
        {
            Socket socket = await _next.Task.WaitAsync(MaxWait, time, token);
            lock (_lock)
            {
                _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
                return _current = socket;
            }
        }
        catch (TimeoutException e)
        {
            throw new OperatorException(
                ExitStatus.ReaderGone,
                $"No client came with blocks for {MaxWait.TotalSeconds} s.",
                "Run the same command again: blocks that are back stay, and the others are sent.",
                e);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _done?.TrySetResult();
            _next.TrySetCanceled();
        }
    }
}

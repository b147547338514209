using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>Shows what an agent prints, line by line.</summary>
internal abstract class AgentLog(PodAccess access)
{
    /// <summary>How long the rest of a log is waited for.</summary>
    protected static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _holds = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Complete once the agent has printed that it holds for the copy.</summary>
    public Task Holds => _holds.Task;

    protected PodAccess Access => access;

    public abstract void Follow();

    /// <summary>Shows no more.</summary>
    public abstract Task StopAsync();

    /// <summary>Shows what was not shown, once the agent has ended.</summary>
    public abstract Task ShowRestAsync(CancellationToken token);

    /// <summary>Ends what reads it; the agent continues.</summary>
    public abstract Task CloseAsync();

    protected void Show(string line)
    {
        access.Report.Log(line);
        if (line.Contains("(OSO_SNAPSHOT_HOLD)", StringComparison.Ordinal))
        {
            _holds.TrySetResult();
        }
    }
}

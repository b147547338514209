using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>Shows what an agent prints, line by line.</summary>
internal abstract class AgentLog(PodAccess access)
{
    /// <summary>The time limit for reading the rest of a log.</summary>
    protected static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _holds = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once the agent has printed that it waits for the copy.</summary>
    public Task Holds => _holds.Task;

    protected PodAccess Access => access;

    public abstract void Follow();

    /// <summary>Stops showing lines.</summary>
    public abstract Task StopAsync();

    /// <summary>Shows the lines that were not shown yet, after the agent has ended.</summary>
    public abstract Task ShowRestAsync(CancellationToken token);

    /// <summary>Stops reading the log; the agent continues.</summary>
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

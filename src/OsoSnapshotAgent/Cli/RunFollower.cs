using OsoSnapshotAgent.Runs;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// Sends the log lines and the states of a run until its end. If no run is named and there is none, it waits for one.
/// </summary>
internal sealed class RunFollower(IAgent agent, TimeProvider time, Func<RunEvent, Task> send)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(10);

    private RunStatus? _sent;
    private long _sentAt;

    /// <param name="position">The number of log lines that the reader has already.</param>
    /// <param name="name">The run's name. If it is not the last run, what is known is sent at once: how it ended, or
    /// the state of what is here instead. null for any run.</param>
    /// <param name="stop">Ends the wait. What is known then is still sent.</param>
    public Task RunAsync(long position, string? name, CancellationToken stop)
    {
        LiveRun? run = agent.Run;
        return name is null || run?.State.Describe().Client == name
            ? FollowAsync(run, position, stop)
            : send(new() { Position = position, Run = agent.Earlier(name) ?? agent.Describe() });
    }

    private async Task FollowAsync(LiveRun? run, long position, CancellationToken stop)
    {
        while (true)
        {
            // The state is taken before the lines: at the end, all lines are there.
            Task changed = agent.Changes.Next;
            run ??= agent.Run;
            RunStatus status = run?.State.Describe() ?? agent.Describe();
            while (run?.Log.After(position) is { Count: > 0 } lines)
            {
                foreach ((long after, string line) in lines)
                {
                    await send(new() { Position = after, Line = line });
                    position = after;
                }
            }

            if (IsNews(status))
            {
                await send(new() { Position = position, Run = status });
                (_sent, _sentAt) = (status, time.GetTimestamp());
            }

            if (status.End is not null)
            {
                run!.NoteRead();
                return;
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            await Task.WhenAny(changed, Task.Delay(ProgressInterval, time, stop));
        }
    }

    private bool IsNews(RunStatus status)
    {
        if (_sent is null || Lasting(status) != Lasting(_sent))
        {
            return true;
        }

        TimeSpan silence = time.GetElapsedTime(_sentAt);
        return silence >= MaxSilence || (silence >= ProgressInterval && status.ArchiveBytes != _sent.ArchiveBytes);
    }

    // Without what changes all the time.
    private static RunStatus Lasting(RunStatus status) => status with { ElapsedSeconds = 0, ArchiveBytes = null };
}

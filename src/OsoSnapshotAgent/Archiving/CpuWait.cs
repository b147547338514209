using OsoSnapshotAgent.Server;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Measures how long the threads of a process wait for a CPU: because none is free, or because of a quota.
/// </summary>
internal sealed class CpuWait(ProcFileSystem proc, int pid)
{
    private IReadOnlyDictionary<string, long> _last = proc.ThreadWaits(pid);

    /// <summary>The sum over all threads since the last call; at first, since this object was made.</summary>
    public TimeSpan SinceLast()
    {
        IReadOnlyDictionary<string, long> now = proc.ThreadWaits(pid);

        // The kernel may give a thread ID again. The new thread's count starts from zero.
        long nanoseconds = now.Sum(thread => Math.Max(0, thread.Value - _last.GetValueOrDefault(thread.Key)));
        _last = now;
        return TimeSpan.FromMicroseconds(nanoseconds / 1000.0);
    }
}

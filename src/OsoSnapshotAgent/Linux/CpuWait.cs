namespace OsoSnapshotAgent.Linux;

/// <summary>How long the threads of a process wait for a CPU, for lack of one or because of a quota.</summary>
internal sealed class CpuWait(ProcFileSystem proc, int pid)
{
    private IReadOnlyDictionary<string, long> _last = proc.ThreadWaits(pid);

    /// <summary>The sum over all threads since the last call, or since this was made.</summary>
    public TimeSpan SinceLast()
    {
        IReadOnlyDictionary<string, long> now = proc.ThreadWaits(pid);

        // A thread ID that is used again starts from zero.
        long nanoseconds = now.Sum(thread => Math.Max(0, thread.Value - _last.GetValueOrDefault(thread.Key)));
        _last = now;
        return TimeSpan.FromMicroseconds(nanoseconds / 1000.0);
    }
}

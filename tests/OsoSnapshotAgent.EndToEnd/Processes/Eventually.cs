using System.Diagnostics;

namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Waits for changes that nothing notifies us of, such as another process' state.</summary>
internal static class Eventually
{
    // The deadline is generous: only a failing test reaches it, even on a machine much slower than ours.
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static async Task<T> FindAsync<T>(Func<Task<T?>> find, Func<string> describe)
        where T : struct
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            long lookedAt = Stopwatch.GetTimestamp();
            if (await find() is { } found)
            {
                return found;
            }

            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                throw new TimeoutException($"After {Deadline.TotalSeconds} s there is still {describe()}");
            }

            // A look that starts processes may not take the time from what it waits for.
            TimeSpan pause = 3 * Stopwatch.GetElapsedTime(lookedAt);
            await Task.Delay(pause > Interval ? pause : Interval);
        }
    }

    public static Task<T> FindAsync<T>(Func<T?> find, Func<string> describe)
        where T : struct => FindAsync(() => Task.FromResult(find()), describe);

    public static Task HoldsAsync(Func<Task<bool>> holds, Func<string> describe) =>
        FindAsync(async () => await holds() ? true : (bool?)null, describe);
}

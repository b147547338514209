using System.Diagnostics;

namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Waits for what nothing notifies us of: another process' state.</summary>
internal static class Eventually
{
    // Generous: it is only reached when something is broken, on machines much slower than ours.
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static async Task<T> FindAsync<T>(Func<Task<T?>> find, Func<string> describe)
        where T : struct
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await find() is { } found)
            {
                return found;
            }

            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                throw new TimeoutException($"After {Deadline.TotalSeconds} s there is still {describe()}");
            }

            await Task.Delay(Interval);
        }
    }

    public static Task<T> FindAsync<T>(Func<T?> find, Func<string> describe)
        where T : struct => FindAsync(() => Task.FromResult(find()), describe);

    public static Task HoldsAsync(Func<Task<bool>> holds, Func<string> describe) =>
        FindAsync(async () => await holds() ? true : (bool?)null, describe);
}

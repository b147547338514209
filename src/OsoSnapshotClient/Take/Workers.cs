namespace OsoSnapshotClient.Take;

/// <summary>Runs tasks that share one piece of work.</summary>
internal static class Workers
{
    /// <summary>Runs the workers until all have ended; the first failure cancels the others.</summary>
    /// <param name="failed">Its token must reach <paramref name="work"/>; this method cancels it at the end.</param>
    /// <exception cref="Exception">The first failure.</exception>
    public static async Task RunAsync(int count, Func<int, Task> work, CancellationTokenSource failed)
    {
        Task[] workers = [.. Enumerable.Range(0, count).Select(worker => Task.Run(() => work(worker), failed.Token))];
        try
        {
            await foreach (Task worker in Task.WhenEach(workers))
            {
                await worker;
            }
        }
        finally
        {
            await failed.CancelAsync();
            await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

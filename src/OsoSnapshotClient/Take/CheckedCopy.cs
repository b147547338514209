namespace OsoSnapshotClient.Take;

/// <summary>Copies bytes while a check reads them, so that nothing is left to check after the last byte.</summary>
internal static class CheckedCopy
{
    /// <param name="check">Reads the bytes in their order, to their end.</param>
    /// <param name="copy">Writes the bytes to the target.</param>
    /// <returns>The result of the check.</returns>
    public static async Task<T> RunAsync<T>(ICopyTarget target, Func<Stream, T> check, Func<Task> copy)
    {
        Stream bytes = target.Follow();
        Task<T> checking = Task.Factory.StartNew(
            () => check(bytes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await copy();
        }
        finally
        {
            // The check must not outlive the file that it reads.
            target.Complete();
            await ((Task)checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await checking;
    }
}

namespace OsoSnapshotClient.Store;

/// <summary>Reads several small files at a time, for a store whose every answer takes its time.</summary>
/// <param name="count">How many are read at a time.</param>
/// <param name="maxBytes">What those that are read have together, except that one is always read.</param>
internal sealed class ReadAhead(int count, long maxBytes)
{
    /// <returns>What was read, in the order of the items; each throws what its reading has thrown.</returns>
    public IEnumerable<Func<TResult>> Run<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, long> sizeOf, Func<TItem, TResult> read)
    {
        Queue<(Task<TResult> Task, long Bytes)> started = [];
        long bytes = 0;
        try
        {
            foreach (TItem item in items)
            {
                long size = sizeOf(item);
                while (started.Count == count || (started.Count > 0 && bytes + size > maxBytes))
                {
                    yield return Next();
                }

                bytes += size;
                started.Enqueue((Task.Run(() => read(item)), size));
            }

            while (started.Count > 0)
            {
                yield return Next();
            }
        }
        finally
        {
            // No reading may outlive the store.
            WaitFor(Task.WhenAll(started.Select(one => one.Task)));
        }

        Func<TResult> Next()
        {
            (Task<TResult> task, long size) = started.Peek();
            WaitFor(task);
            started.Dequeue();
            bytes -= size;
            return () => task.GetAwaiter().GetResult();
        }
    }

    private static void WaitFor(Task task) =>
        task.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
}

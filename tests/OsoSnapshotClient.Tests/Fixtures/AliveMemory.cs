using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// Bounds what a test keeps alive at any moment: less than what was allocated since the last collection. Other tests must
/// not run meanwhile.
/// </summary>
internal static class AliveMemory
{
    public static async Task<T> BoundedAsync<T>(Func<Task<T>> action)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;
        using Timer timer = new(_ => peak = Math.Max(peak, GC.GetTotalMemory(false) - before), null, 0, 5);
        T result = await action().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.InRange(Math.Max(peak, GC.GetTotalMemory(false) - before), long.MinValue, Fuzz.MaxAllocatedBytes);
        return result;
    }
}

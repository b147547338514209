namespace OsoSnapshotCore.Archives;

/// <summary>Finds the gaps between blocks, which are added in the order of their starts.</summary>
internal sealed class CoveredTime
{
    // Prometheus treats a series without a sample for this time as gone: its default query.lookback-delta.
    private static readonly TimeSpan MinGap = TimeSpan.FromMinutes(5);

    /// <summary>The end of the time covered so far; null before the first block.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <returns>The time before this block that no block covers; null if that is no gap.</returns>
    public TimeSpan? Add(DateTimeOffset from, DateTimeOffset to)
    {
        TimeSpan? gap = from - Until >= MinGap ? from - Until : null;
        Until = Until is null || to > Until ? to : Until;
        return gap;
    }
}

namespace OsoSnapshot.Formats.Verification;

/// <summary>The time that blocks cover; they are added in the order of their starts.</summary>
internal sealed class CoveredTime
{
    // Prometheus takes a series that has had no sample for so long as gone: its default query.lookback-delta.
    private static readonly TimeSpan MinGap = TimeSpan.FromMinutes(5);

    /// <summary>null before the first block.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <returns>The time before this block that no block covers; null where that is no gap.</returns>
    public TimeSpan? Add(DateTimeOffset from, DateTimeOffset to)
    {
        TimeSpan? gap = from - Until >= MinGap ? from - Until : null;
        Until = Until is null || to > Until ? to : Until;
        return gap;
    }
}

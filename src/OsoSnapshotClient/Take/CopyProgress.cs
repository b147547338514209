using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Take;

/// <summary>Shows how far a copy is while it is at work.</summary>
internal static class CopyProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.2);

    /// <param name="total">All bytes; null if unknown.</param>
    public static async Task ShowAsync(
        IPodReport report, string activity, Func<long> done, long? total, Func<Task> copy)
    {
        await using Timer timer = new(_ => Show(), state: null, TimeSpan.Zero, Interval);
        try
        {
            await copy();
            Show();
        }
        finally
        {
            await timer.DisposeAsync();
            report.Pause();
        }

        void Show() => report.Advance(new(activity, Math.Min(done(), total ?? long.MaxValue), total));
    }
}

using System.Globalization;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>
/// Prometheus' flags that keep restored blocks. Source: prometheus/tsdb/db.go, <c>BeyondTimeRetention</c>: it counts
/// from the end of the newest block, not from the clock.
/// </summary>
internal sealed class RetentionFlags
{
    // cmd/prometheus/main.go cuts longer times to 100y.
    private const int MaxDays = 100 * 365;
    private const int SpareDays = 30;
    private const string Unlimited = "--storage.tsdb.retention.size=1EB";
    private const long DayMilliseconds = 24L * 60 * 60 * 1000;

    private RetentionFlags(string flags, string reason) => (Flags, Reason) = (flags, reason);

    public string Flags { get; }

    /// <summary>Sentences for people: what the flags do, and which blocks are ahead of the clock.</summary>
    public string Reason { get; }

    public static RetentionFlags For(IReadOnlyCollection<BlockMeta> blocks, DateTimeOffset now)
    {
        // Prometheus accepts any times, also an end before the start. Their difference may need 65 bits.
        long clock = now.ToUnixTimeMilliseconds();
        Int128 newest = blocks.Select(block => Math.Max(block.MinTime, block.MaxTime)).Append(clock).Max();
        Int128 oldest = blocks.Select(block => Math.Min(block.MinTime, block.MaxTime)).Append(clock).Min();
        Int128 days = ((newest - oldest + DayMilliseconds - 1) / DayMilliseconds) + SpareDays;
        string ahead = Ahead([.. blocks.Where(block => block.MaxTime > clock)], now);
        return days > MaxDays
            ? new(Unlimited, ahead + """
                Prometheus has no retention time over 100 years. With a size and without a time it has no limit by time,
                so don't add a retention time: any one deletes blocks soon after the start.
                """)
            : new(Text(days), ahead + """
                The retention time keeps the oldest block for 30 days more. A shorter one, or a size other than 0,
                deletes blocks soon after the start.
                """);
    }

    private static string Text(Int128 days) => string.Create(
        CultureInfo.InvariantCulture,
        $"--storage.tsdb.retention.time={days}d --storage.tsdb.retention.size=0");

    private static string Ahead(IReadOnlyCollection<BlockMeta> blocks, DateTimeOffset now) =>
        blocks.MaxBy(block => block.MaxTime) is not { } last
            ? string.Empty
            : $"""
                ⚠️ {Plural.Of(blocks.Count, "block")} of the future: {Printable.Text(last.Ulid)} ends at
                {UtcTime.Format(last.To())}, and now it is {UtcTime.Format(now)}.
                Prometheus counts its retention from the newest block: a usual one deletes all older blocks at once.

                """;
}

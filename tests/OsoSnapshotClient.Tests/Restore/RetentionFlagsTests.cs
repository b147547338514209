using OsoSnapshotClient.Restore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Tests.Restore;

public sealed class RetentionFlagsTests
{
    private const string Unlimited = "--storage.tsdb.retention.size=1EB";
    private const long Hour = 3_600_000;

    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-2, 0, 31)]
    [InlineData(-24, -22, 31)]
    [InlineData(-25, -23, 32)]
    [InlineData(-5 * 365 * 24, (-5 * 365 * 24) + 2, (5 * 365) + 30)]
    // A block of the future alone: the clock may be right, or be set right later.
    [InlineData(24_000, 24_002, 1000 + 1 + 30)]
    // An end before the start.
    [InlineData(-22, -24, 31)]
    public void The_days_reach_from_the_oldest_start_to_now_or_to_the_newest_end(int from, int to, int days)
    {
        RetentionFlags flags = RetentionFlags.For([At(from, to)], Now);

        Assert.Equal($"--storage.tsdb.retention.time={days}d --storage.tsdb.retention.size=0", flags.Flags);
    }

    [Fact]
    public void Blocks_ahead_of_the_clock_are_told_and_counted()
    {
        RetentionFlags flags = RetentionFlags.For([At(-4, -2), At(24_000, 24_002), At(23_998, 24_000)], Now);

        Assert.Contains("--storage.tsdb.retention.time=1031d ", flags.Flags, StringComparison.Ordinal);
        Assert.Contains("2 blocks of the future", flags.Reason, StringComparison.Ordinal);
        Assert.Contains("ends at\n2029-08-25T14:00:00Z, and now it is 2026-11-29T12:00:00Z", flags.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MinValue)]
    [InlineData(long.MinValue, long.MinValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(4_039_307_000_000_000, 4_039_307_007_200_000)]
    [InlineData(-62_135_596_800_000, -62_135_596_800_000)]
    public void Over_a_hundred_years_a_size_alone_takes_the_limit_by_time_away(long minTime, long maxTime)
    {
        BlockMeta block = new() { Ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV", MinTime = minTime, MaxTime = maxTime };

        RetentionFlags flags = RetentionFlags.For([block, At(-2, 0)], Now);

        Assert.Equal(Unlimited, flags.Flags);
        Assert.Contains("100 years", flags.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_years_are_still_a_time()
    {
        const int Days = (100 * 365) - 30;

        Assert.Contains("=36500d ", RetentionFlags.For([At(-24 * Days, 0)], Now).Flags, StringComparison.Ordinal);
        Assert.Equal(Unlimited, RetentionFlags.For([At((-24 * Days) - 1, 0)], Now).Flags);
    }

    [Fact]
    public void Without_a_readable_block_the_usual_spare_is_kept() =>
        Assert.Contains("=30d ", RetentionFlags.For([], Now).Flags, StringComparison.Ordinal);

    private static BlockMeta At(int fromHours, int toHours) => new()
    {
        Ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        MinTime = Now.ToUnixTimeMilliseconds() + (fromHours * Hour),
        MaxTime = Now.ToUnixTimeMilliseconds() + (toHours * Hour),
    };
}

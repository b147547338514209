using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Archives;

public sealed class BlockTimelineTests
{
    private static readonly DateTimeOffset Start = new(2025, 8, 20, 16, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_block_has_its_place_in_time_and_a_gap_is_told() => Assert.Equal(
        [
            "                                            from (UTC)        length        size        samples",
            "  ##########..............................  2025-08-20 16:00      2h     1.0 KiB            100",
            "  ..........##########....................  2025-08-20 18:00      2h     2.0 KiB            200",
            "                                            2025-08-20 20:00      2h  no block: a gap",
            "  ..............................##########  2025-08-20 22:00      2h     3.0 KiB            300  damaged",
        ],
        BlockTimeline.Lines([Block(6, 2, 3, "bad"), Block(0, 2, 1), Block(2, 2, 2)], ascii: true));

    [Fact]
    public void The_bars_are_blocks_of_Unicode_unless_told_otherwise() =>
        Assert.Contains("  ████████████████████████████████████████  2025-08-20 16:00", BlockTimeline.Lines([Block(0, 2, 1)], ascii: false).Last(), StringComparison.Ordinal);

    [Fact]
    public void A_break_shorter_than_five_minutes_is_no_gap() =>
        Assert.DoesNotContain(BlockTimeline.Lines([Block(0, 2, 1), Block(2.08, 2, 1)], ascii: true), line => line.Contains("gap", StringComparison.Ordinal));

    [Fact]
    public void Blocks_that_overlap_make_no_gap_after_the_longer_one() =>
        Assert.DoesNotContain(BlockTimeline.Lines([Block(0, 8, 1), Block(1, 2, 1), Block(8, 2, 1)], ascii: true), line => line.Contains("gap", StringComparison.Ordinal));

    [Fact]
    public void Many_blocks_share_rows_and_each_is_counted()
    {
        string[] lines = [.. BlockTimeline.Lines([.. Enumerable.Range(0, 100).Select(i => Block(2 * i, 2, 1))], ascii: true)];

        Assert.Equal(1 + 34, lines.Length);
        Assert.EndsWith("      6h     3.0 KiB            300  3 blocks", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("#  2025-08-28 22:00      2h     1.0 KiB            100", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_without_length_takes_a_column() =>
        Assert.Contains("  #.......................................  ", BlockTimeline.Lines([Block(0, 0, 1)], ascii: true).Last(), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_drawn_where_no_block_can_be_dated() => Assert.Empty(BlockTimeline.Lines([new() { Id = SampleBlock.Id, Meta = null, SizeBytes = 1, Problems = ["bad"] }], ascii: true));

    private static BlockReport Block(double hours, double length, int size, params string[] problems) => new()
    {
        Id = SampleBlock.Id,
        Meta = new BlockMeta
        {
            MinTime = Start.AddHours(hours).ToUnixTimeMilliseconds(),
            MaxTime = Start.AddHours(hours + length).ToUnixTimeMilliseconds(),
            Stats = new() { NumSamples = 100 * size },
        },
        SizeBytes = 1024 * size,
        Problems = problems,
    };
}

using System.Globalization;
using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

public sealed class BlockMetaTests
{
    [Fact]
    public void Reads_what_Prometheus_writes()
    {
        BlockMeta meta = BlockMeta.Parse(SampleBlock.Meta());

        Assert.Equal((SampleBlock.Ulid, SampleBlock.MinTime, SampleBlock.MaxTime, 1), (meta.Ulid, meta.MinTime, meta.MaxTime, meta.Version));
        Assert.Equal((240, 2, 2), (meta.Stats.NumSamples, meta.Stats.NumSeries, meta.Stats.NumChunks));
    }

    [Theory]
    [InlineData("", "meta.json is damaged")]
    [InlineData("null", "meta.json holds null")]
    [InlineData("{", "meta.json is damaged")]
    [InlineData("[]", "meta.json is damaged")]
    [InlineData("{}", "has version 0; only version 1 is known")]
    [InlineData("""{"version":2,"ulid":"01J5QZ8X0M3N4P5Q6R7S8T9V0W"}""", "has version 2")]
    [InlineData("""{"version":1}""", "names no ULID: ''")]
    [InlineData("""{"version":1,"ulid":"../../wal"}""", "names no ULID: '../../wal'")]
    [InlineData("""{"version":1,"ulid":null}""", "names no ULID: ''")]
    [InlineData("""{"version":1,"maxTime":9223372036854775808}""", "meta.json is damaged")]
    [InlineData("""{"version":1,"stats":{"numSamples":-1}}""", "meta.json is damaged")]
    [InlineData("""{"version":1,"stats":{"numSeries":1.5}}""", "meta.json is damaged")]
    [InlineData("""{"version":1,"stats":{"numChunks":"1"}}""", "meta.json is damaged")]
    [InlineData("""{"version":1,"stats":{"numSamples":18446744073709551616}}""", "meta.json is damaged")]
    [InlineData("""{"version":1,"ulid":"01J5QZ8X0M3N4P5Q6R7S8T9V0W","minTime":"x"}""", "meta.json is damaged")]
    public void Refuses_what_Prometheus_would_not_accept(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => BlockMeta.Parse(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(5, 4, "1970-01-01T00:00:00.005Z", "1970-01-01T00:00:00.004Z")]
    [InlineData(253_402_300_799_999, 253_402_300_800_000, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")]
    [InlineData(long.MinValue, long.MaxValue, "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")]
    public void Accepts_any_times_as_Prometheus_does_and_shows_those_beyond_the_calendar_as_its_ends(
        long min, long max, string from, string to)
    {
        BlockMeta meta = BlockMeta.Parse(SampleBlock.Meta(minTime: min, maxTime: max));

        Assert.Equal((min, max), (meta.MinTime, meta.MaxTime));
        Assert.Equal((from, to), (Text(meta.From()), Text(meta.To())));

        static string Text(DateTimeOffset time) =>
            time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Of_impossible_counts_no_sum_overflows()
    {
        const string Stats = """{"numSamples":18446744073709551615,"numSeries":18446744073709551615}""";
        string json = $$"""{"version":1,"ulid":"{{SampleBlock.Ulid}}","stats":{{Stats}} }""";
        BlockMeta meta = BlockMeta.Parse(Encoding.UTF8.GetBytes(json));
        BlockReport block = new() { Id = SampleBlock.Id, Meta = meta, SizeBytes = 1, Problems = [] };
        BlockReport[] kept = [.. Enumerable.Repeat(block, BlockAudit.MaxBlocks)];

        Assert.Equal(41, BlockTimeline.Lines(kept, ascii: true).Count());
        BlockTally tally = new();
        for (int i = 0; i < 2 * BlockAudit.MaxBlocks; i++)
        {
            tally = tally.With(meta);
        }

        Assert.Equal((long.MaxValue, long.MaxValue), (tally.Samples, tally.Series));
    }

    [Fact]
    public void Without_stats_counts_nothing_as_Prometheus_does() =>
        Assert.Equal(0, BlockMeta.Parse(Encoding.UTF8.GetBytes($$"""{"version":1,"ulid":"{{SampleBlock.Ulid}}","stats":null}""")).Stats.NumSamples);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(150L, null, true)]
    [InlineData(199L, null, true)]
    [InlineData(200L, null, false)]
    [InlineData(null, 100L, true)]
    [InlineData(null, 99L, false)]
    [InlineData(0L, 1000L, true)]
    [InlineData(120L, 130L, true)]
    [InlineData(300L, 400L, false)]
    public void Overlaps_a_range_by_its_inclusive_start_and_exclusive_end(long? since, long? until, bool overlaps)
    {
        BlockMeta meta = new() { MinTime = 100, MaxTime = 200 };

        Assert.Equal(overlaps, meta.Overlaps(Time(since), Time(until)));

        static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
    }

    [Fact]
    public void A_tally_sums_and_spans_all_blocks()
    {
        BlockTally tally = new BlockTally()
            .With(BlockMeta.Parse(SampleBlock.Meta(minTime: 5000, maxTime: 9000)))
            .With(BlockMeta.Parse(SampleBlock.Meta(minTime: 1000, maxTime: 6000)));

        Assert.Equal((2, 4, 480), (tally.Blocks, tally.Series, tally.Samples));
        Assert.Equal((1000, 9000), (tally.From.ToUnixTimeMilliseconds(), tally.To.ToUnixTimeMilliseconds()));
    }
}

using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Tests.Tsdb;

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
    [InlineData("""{"version":1,"ulid":"01J5QZ8X0M3N4P5Q6R7S8T9V0W","minTime":5,"maxTime":4}""", "ends (4) before it starts (5)")]
    [InlineData("""{"version":1,"ulid":"01J5QZ8X0M3N4P5Q6R7S8T9V0W","maxTime":9223372036854775807}""", "time out of range: 0 to 9223372036854775807")]
    [InlineData("""{"version":1,"ulid":"01J5QZ8X0M3N4P5Q6R7S8T9V0W","minTime":"x"}""", "meta.json is damaged")]
    public void Refuses_what_Prometheus_would_not_accept(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => BlockMeta.Parse(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

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

using OsoSnapshotAgent.Server;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests what is read of a server's retention.</summary>
public sealed class RetentionLimitTests
{
    [Theory]
    [InlineData("30d or 10GiB", 30.0 * 24)]
    [InlineData("15d", 15.0 * 24)]
    [InlineData("1d12h", 36.0)]
    [InlineData("1y2w", 379.0 * 24)]
    [InlineData("90m", 1.5)]
    [InlineData("5400000ms", 1.5)]
    [InlineData("10GiB", null)]
    [InlineData("", null)]
    public void The_time_is_read_from_what_an_old_server_states(string stated, double? hours) =>
        Assert.Equal(hours, RetentionLimit.Of(new Dictionary<string, double>(), stated).Time?.TotalHours);

    [Fact]
    public void The_metrics_of_a_newer_server_count_more()
    {
        RetentionLimit limit = RetentionLimit.Of(
            new Dictionary<string, double>
            {
                ["prometheus_tsdb_retention_limit_seconds"] = 7200,
                ["prometheus_tsdb_retention_limit_bytes"] = 5e9,
                ["prometheus_tsdb_retention_limit_percentage"] = 80,
            },
            "15d");

        Assert.Equal((TimeSpan.FromHours(2), 5_000_000_000, 0.8), (limit.Time, limit.Bytes, limit.Share));
    }

    [Fact]
    public void A_limit_of_0_is_none() => Assert.Equal(
        new(null, null, null),
        RetentionLimit.Of(
            new Dictionary<string, double>
            {
                ["prometheus_tsdb_retention_limit_seconds"] = 0,
                ["prometheus_tsdb_retention_limit_bytes"] = 0,
                ["prometheus_tsdb_retention_limit_percentage"] = 0,
            },
            "15d"));
}

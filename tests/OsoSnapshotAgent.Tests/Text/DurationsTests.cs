using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Text;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("1h30m", 5400)]
    [InlineData("7d", 604800)]
    [InlineData("2w", 1209600)]
    [InlineData("3650d", 315360000)]
    public void Parses_the_spellings_of_Prometheus(string text, long seconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan parsed));
        Assert.Equal(TimeSpan.FromSeconds(seconds), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("s")]
    [InlineData("-5m")]
    [InlineData("1.5h")]
    [InlineData("5 m")]
    [InlineData("5M")]
    [InlineData("5mm")]
    [InlineData("10y")]
    [InlineData("3651d")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807w")]
    public void Refuses_what_is_no_duration_or_longer_than_ten_years(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData(0.44, "0.4s")]
    [InlineData(42, "42s")]
    [InlineData(200, "3m20s")]
    [InlineData(3900, "1h05m")]
    [InlineData(3600, "1h")]
    [InlineData(86400, "24h")]
    [InlineData(604800, "7d")]
    [InlineData(615600, "7d03h")]
    public void Formats_with_the_two_units_that_matter(double seconds, string text) =>
        Assert.Equal(text, Durations.Format(TimeSpan.FromSeconds(seconds)));
}

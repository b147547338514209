using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class ReserveTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData("5%", 2000, 100)]
    [InlineData("2.5%", 2000, 50)]
    [InlineData("0%", 2000, 0)]
    [InlineData("100%", 2000, 2000)]
    [InlineData("300", 2000, 300)]
    [InlineData("1KiB", 200_000, 1024)]
    [InlineData("0", 2000, 0)]
    public void Is_a_share_of_the_volume_or_a_size(string text, long volumeBytes, long reservedBytes)
    {
        Assert.True(Reserve.TryParse(text, out Reserve reserve));
        Assert.Equal(reservedBytes, reserve.BytesOf(volumeBytes));
    }

    [Theory]
    [InlineData("101%")]
    [InlineData("-5%")]
    [InlineData("%")]
    [InlineData("five%")]
    [InlineData("NaN%")]
    [InlineData("-Infinity%")]
    [InlineData("much")]
    [InlineData("-1MiB")]
    public void Refuses_what_would_reserve_nothing_or_more_than_all(string text) => Assert.False(Reserve.TryParse(text, out _));

    [Fact]
    public void Defaults_to_the_larger_of_512_MiB_and_5_percent()
    {
        Assert.Equal(512 * MiB, Reserve.Default.BytesOf(1024 * MiB));
        Assert.Equal(5000 * MiB, Reserve.Default.BytesOf(100_000 * MiB));
    }
}

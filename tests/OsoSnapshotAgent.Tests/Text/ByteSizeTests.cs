using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Text;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1048576", 1048576)]
    [InlineData("7B", 7)]
    [InlineData("512MiB", 512L * 1024 * 1024)]
    [InlineData("512 MiB", 512L * 1024 * 1024)]
    [InlineData("512mib", 512L * 1024 * 1024)]
    [InlineData("3KiB", 3072)]
    [InlineData("2Gi", 2L * 1024 * 1024 * 1024)]
    [InlineData("1.5GB", 1_500_000_000)]
    [InlineData("1.5GiB", 3L * 512 * 1024 * 1024)]
    [InlineData("4K", 4000)]
    [InlineData("1T", 1_000_000_000_000)]
    [InlineData("2TiB", 2L * 1024 * 1024 * 1024 * 1024)]
    public void Parses_the_spellings_that_people_use(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("-1MiB")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("5%")]
    [InlineData("12 apples")]
    [InlineData("9999999TiB")]
    [InlineData("99999999999999999999")]
    public void Refuses_what_is_no_size_or_does_not_fit(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(987, "987 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1468006, "1.4 MiB")]
    [InlineData(12L * 1024 * 1024 * 1024, "12.0 GiB")]
    [InlineData(5000L * 1024 * 1024 * 1024 * 1024, "4.9 PiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Formats_with_one_decimal_in_binary_units(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));

    [Theory]
    [InlineData(0L)]
    [InlineData(6L, 1L, 2L, 3L)]
    [InlineData(long.MaxValue, long.MaxValue, 1L)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue, -1L)]
    [InlineData(long.MinValue, long.MinValue, -1L)]
    public void A_sum_that_no_long_holds_is_the_maximum(long sum, params long[] sizes) => Assert.Equal(sum, ByteSize.Sum(sizes));
}

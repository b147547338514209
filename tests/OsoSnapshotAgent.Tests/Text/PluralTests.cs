using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Text;

public sealed class PluralTests
{
    [Theory]
    [InlineData(0, "0 blocks")]
    [InlineData(1, "1 block")]
    [InlineData(2, "2 blocks")]
    [InlineData(3_000_000_000, "3000000000 blocks")]
    public void Only_one_is_singular(long count, string expected) => Assert.Equal(expected, Plural.Of(count, "block"));
}

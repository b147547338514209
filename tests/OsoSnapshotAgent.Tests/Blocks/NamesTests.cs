using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

public sealed class NamesTests
{
    [Theory]
    [InlineData("20250820T165101Z-0eb533ff8d43ed64")]
    [InlineData("20250820T165101Z-eb533ff8d43ed64")]
    [InlineData("20250820T165101Z-7")]
    public void A_snapshot_name_is_a_time_and_up_to_16_hex_digits(string text)
    {
        Assert.True(SnapshotName.TryParse(text, out SnapshotName? name));
        Assert.Equal((text, text), (name.Text, name.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("20250820T165101Z-")]
    [InlineData("20250820T165101Z-0eb533ff8d43ed640")]
    [InlineData("20250820T165101Z-0EB533FF8D43ED64")]
    [InlineData("20250820T165101Z-0eb533ff8d43ed6g")]
    [InlineData("20250820T165101Z-0eb533ff8d43ed64\n")]
    [InlineData("20250820T165101Z-0eb5\0")]
    [InlineData(" 20250820T165101Z-0eb533ff8d43ed64")]
    [InlineData("20250820T165101Z-../../../wal")]
    [InlineData("20250820T165101Z-/")]
    [InlineData("../20250820T165101Z-0eb533ff8d43")]
    [InlineData("2025082０T165101Z-0eb533ff8d43ed64")]
    [InlineData("20250820t165101z-0eb533ff8d43ed64")]
    [InlineData("20250820T165101Z_0eb533ff8d43ed64")]
    public void Refuses_a_snapshot_name_that_Prometheus_does_not_give(string? text) => Assert.False(SnapshotName.TryParse(text, out _));

    [Theory]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0W", true)]
    [InlineData("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", true)]
    [InlineData("8ZZZZZZZZZZZZZZZZZZZZZZZZZ", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0WX", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0I", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0L", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0U", false)]
    [InlineData("01j5qz8x0m3n4p5q6r7s8t9v0w", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0W.tmp-for-creation", false)]
    [InlineData("", false)]
    public void A_block_is_named_by_a_ULID(string text, bool isValid) => Assert.Equal(isValid, BlockId.TryParse(text, out _));
}

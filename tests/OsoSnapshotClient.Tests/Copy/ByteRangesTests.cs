using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Tests.Copy;

public sealed class ByteRangesTests
{
    [Fact]
    public void In_any_order_of_arrival_the_missing_ranges_are_the_rest()
    {
        const int Size = 200;
        Random random = new(1);
        for (int round = 0; round < 500; round++)
        {
            ByteRanges ranges = new();
            bool[] has = new bool[Size];
            for (int i = random.Next(12); i > 0; i--)
            {
                int start = random.Next(Size);
                int end = random.Next(start, Size + 1);
                ranges.Add(new(start, end));
                has.AsSpan(start, end - start).Fill(true);
            }

            bool[] missing = new bool[Size];
            foreach (ByteRange range in ranges.Missing(Size, 7))
            {
                Assert.InRange(range.Length, 1, 7);
                Assert.DoesNotContain(true, missing[(int)range.Start..(int)range.End]);
                missing.AsSpan((int)range.Start, (int)range.Length).Fill(true);
            }

            Assert.Equal(has.Select(one => !one), missing);
            Assert.Equal(has.Count(one => one), ranges.Total);
            Assert.Equal(has.TakeWhile(one => one).Count(), ranges.Prefix);
            Assert.Equal(ranges.ToString(), ByteRanges.Parse(ranges.ToString())!.ToString());
        }
    }

    [Theory]
    [InlineData("5-3")]
    [InlineData("a-b")]
    [InlineData("1-2-3")]
    [InlineData("-1-2")]
    public void A_note_that_makes_no_sense_is_no_note(string text) => Assert.Null(ByteRanges.Parse(text));
}

using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Tests.Copy;

public sealed class ByteLaneTests
{
    [Theory]
    [InlineData(0, 100, 4, 7)]
    [InlineData(13, 100, 3, 10)]
    [InlineData(0, 5, 4, 7)]
    [InlineData(0, 28, 4, 7)]
    [InlineData(20, 60, 1, 7)]
    public void Lanes_carry_each_byte_of_their_range_once(long start, long end, int lanes, long sliceBytes)
    {
        List<long> carried = [];
        foreach (ByteLane lane in ByteLane.Split(new(start, end), lanes, sliceBytes))
        {
            while (lane.SliceLeft > 0)
            {
                carried.Add(lane.Offset);
                lane.Advance(1);
            }
        }

        Assert.Equal(Enumerable.Range((int)start, (int)(end - start)).Select(offset => (long)offset), carried.Order());
    }

    [Fact]
    public void A_lane_that_breaks_in_a_slice_first_completes_that_slice()
    {
        ByteLane lane = ByteLane.Split(new(0, 100), lanes: 2, sliceBytes: 10).First();
        Assert.Equal((0L, 10L, (long?)20), (lane.Offset, lane.SliceLeft, lane.Step));

        lane.Advance(10);
        lane.Advance(4);
        Assert.Equal((24L, 6L, (long?)null), (lane.Offset, lane.SliceLeft, lane.Step));

        lane.Advance(6);
        Assert.Equal((40L, 10L, (long?)20), (lane.Offset, lane.SliceLeft, lane.Step));
    }

    [Fact]
    public void The_last_slice_has_no_step()
    {
        ByteLane lane = ByteLane.Split(new(0, 35), lanes: 2, sliceBytes: 10).First();
        lane.Advance(10);

        Assert.Equal((20L, 10L, (long?)null), (lane.Offset, lane.SliceLeft, lane.Step));
    }
}

using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Tests.Display;

public sealed class RateMeterTests
{
    [Fact]
    public void Rate_and_time_left_follow_the_last_seconds()
    {
        SteppedTime time = new();
        RateMeter meter = new(time);
        meter.Add(new("copying", 0, 100 << 20));
        time.Step(2);
        PodProgress half = new("copying", 50 << 20, 100 << 20);
        meter.Add(half);

        Assert.Equal("copying: 50.0 MiB of 100.0 MiB, 50 %, 25.0 MiB/s, 2.0s left", meter.Describe(half));
    }

    [Fact]
    public void Where_nothing_can_be_counted_the_time_so_far_is_told()
    {
        SteppedTime time = new();
        RateMeter meter = new(time);
        PodProgress waiting = new("Prometheus makes the snapshot", 0, null);
        meter.Add(waiting);
        time.Step(42);
        meter.Add(waiting);

        Assert.Equal("Prometheus makes the snapshot: 42s so far", meter.Describe(waiting));
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Step(int seconds) => _ticks += seconds * TimeSpan.TicksPerSecond;
    }
}

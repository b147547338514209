using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class LateStartTests
{
    [Fact]
    public void A_run_that_starts_too_late_is_told_both_times() => Expect.Failure(
        () => LateStart.Refuse(new() { StartBefore = ManualTime.Start - TimeSpan.FromSeconds(1) }, ManualTime.Start),
        ExitStatus.Settings,
        "The run was asked for until 2025-08-20T16:51:00Z, and it is 2025-08-20T16:51:01Z (OSO_SNAPSHOT_START_BEFORE).",
        "Start it again.");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(null)]
    public void A_run_that_starts_in_time_or_without_a_limit_continues(int? secondsLeft)
    {
        AgentSettings settings = new() { StartBefore = ManualTime.Start + (secondsLeft * TimeSpan.FromSeconds(1)) };

        Assert.Null(Record.Exception(() => LateStart.Refuse(settings, ManualTime.Start)));
    }
}

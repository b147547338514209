using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class AgentReleaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_run_that_another_client_has_at_the_agent_now_is_not_released(bool isKept)
    {
        RecordedExec exec = new RecordedExec().Follows(Recorded.Held with { Client = "theirs" }).On("release", "{}");
        await using AgentRun run = AgentRun.Follow(new(Recorded.Access(exec), Recorded.Agent), Recorded.Run);
        await run.AwaitEndAsync(TimeSpan.FromMinutes(1), Token);

        Exception? told = await Record.ExceptionAsync(() => new AgentRelease(run, isKept).RunAsync(Token));

        Assert.Equal(isKept ? null : ExitStatus.NotTidiedUp, (told as OperatorException)?.Status);
        Assert.DoesNotContain(exec.Calls, call => call.StartsWith("release", StringComparison.Ordinal));
    }
}

using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>Tests that a run succeeds even if its messages are lost.</summary>
public sealed class ConsoleTests
{
    [Theory]
    [InlineData(">/dev/full 2>&1")]
    // The first pipe has no reader. The second one is full, and nobody reads it.
    [InlineData("; mkfifo /dev/pipe; exec 8<>/dev/pipe >/dev/pipe 2>&1 8<&-")]
    [InlineData("; mkfifo /dev/pipe; exec 8<>/dev/pipe >/dev/pipe 2>&1; head -c 65536 /dev/zero >&8")]
    [InlineData(">&- 2>&-")]
    // The file is remounted read-only, because root may write to any other file.
    [InlineData("; mount -o remount,bind,ro /dev/termination-log")]
    public async Task A_console_or_a_termination_message_that_can_not_be_written_fails_no_run(string redirection)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        AgentResult result = (await pod.RunAgentAsync(new AgentOptions { Redirection = redirection })).EndedWith(0);

        Assert.Equal(redirection.Contains("termination-log", StringComparison.Ordinal), result.TerminationMessage.Length == 0);
        Assert.True(File.Exists(pod.Archive));
        await Invariants.HoldAndNothingIsLeftAsync(pod, result);
    }
}

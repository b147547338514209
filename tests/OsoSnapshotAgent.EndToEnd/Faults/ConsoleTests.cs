using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>What the agent says may get lost; what it makes may not.</summary>
public sealed class ConsoleTests
{
    [Theory]
    [InlineData(">/dev/full 2>&1")]
    // A pipe that nobody has open for reading, and a full one that nobody reads.
    [InlineData("; mkfifo /dev/pipe; exec 8<>/dev/pipe >/dev/pipe 2>&1 8<&-")]
    [InlineData("; mkfifo /dev/pipe; exec 8<>/dev/pipe >/dev/pipe 2>&1; head -c 65536 /dev/zero >&8")]
    [InlineData(">&- 2>&-")]
    // Remade read-only, for not even root may write there then.
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

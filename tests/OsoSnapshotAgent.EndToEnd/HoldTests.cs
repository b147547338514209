using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests the hold, during which the operator copies the archive, with a real terminal and without one.
/// </summary>
public sealed class HoldTests
{
    private const string Prompt = "then press Enter here";

    [Fact]
    public async Task Enter_ends_the_hold_and_shows_the_whole_log_with_earlier_runs()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        AgentResult earlier = (await pod.RunAgentAsync()).EndedWith(0);
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);
        int shown = terminal.Screen.Length;

        terminal.PressEnter();

        (await agent.WaitAsync()).EndedWith(0);
        string after = (await terminal.WaitForAsync("snapshot creation procedure completed", times: 2))[shown..].Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.Contains(earlier.Output, after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_an_Enter_after_the_prompt_counts()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();

        // kubectl asks for it: "If you don't see a command prompt, try pressing enter."
        terminal.Type("\r\r");
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);

        // End of input (Ctrl-D) is no Enter either. The prompt that a resize prints appears after both took effect.
        terminal.Type("\x04");
        terminal.Resize(40, 120);
        await terminal.WaitForAsync(Prompt, times: 2);
        Assert.False(agent.HasEnded);

        terminal.PressEnter();
        (await agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task A_client_that_attaches_is_shown_the_prompt_once_although_kubectl_sets_the_size_twice()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);

        terminal.Resize(25, 81);
        terminal.Resize(24, 80);
        await terminal.WaitForAsync(Prompt, times: 2);
        terminal.Resize(51, 201);
        terminal.Resize(50, 200);
        await terminal.WaitForAsync(Prompt, times: 3);

        // A further prompt would have been printed before the last of these.
        Assert.Equal(3, terminal.Screen.Split(Prompt).Length - 1);
    }

    [Fact]
    public async Task A_hang_up_keeps_the_archive()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);

        terminal.HangUp();

        AgentResult result = (await agent.WaitAsync()).EndedWith(129);
        Assert.Contains("SIGHUP", result.TerminationMessage, StringComparison.Ordinal);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_while_holding_keeps_the_archive(string signal, int status)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);

        await agent.SignalAsync(signal);

        (await agent.WaitAsync()).EndedWith(status);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task A_terminal_that_nobody_reads_does_not_stop_the_work()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        terminal.StopReading();
        // A terminal's buffer holds less than this.
        string many = new('x', 8000);
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions
        {
            Terminal = terminal,
            Environment = Given.Variables([.. Enumerable.Range(0, 20).Select(i => ($"OSO_SNAPSHOT_{many}{i}", "x"))]),
        });

        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(pod.Archive)), () => "no archive");

        Assert.False(agent.HasEnded);
        terminal.ResumeReading();
        await terminal.WaitForAsync(Prompt);
        terminal.PressEnter();
        (await agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task Removal_from_elsewhere_ends_the_hold_and_leaves_nothing()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync(Prompt);

        AgentResult removal = (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes")))).EndedWith(0);

        Assert.Contains("✅ Removed snapshots/, snapshots.log, snapshots.tgz.sha256, snapshots.tgz.", removal.Output, StringComparison.Ordinal);
        await terminal.WaitForAsync("snapshots.tgz was removed meanwhile");
        (await agent.WaitAsync()).EndedWith(0);
        Assert.Empty(Directory.GetFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task Without_a_terminal_the_hold_lasts_as_long_as_it_was_asked_for()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_HOLD", "1s")))).EndedWith(0);

        Assert.Contains("The shell is not interactive", result.Output, StringComparison.Ordinal);
        Assert.Contains("Holding at most 1.0s for the copy", result.Output, StringComparison.Ordinal);
        Assert.Contains("The hold ends after 1.0s", result.Output, StringComparison.Ordinal);
        Assert.True(result.Duration >= TimeSpan.FromSeconds(1));
    }
}

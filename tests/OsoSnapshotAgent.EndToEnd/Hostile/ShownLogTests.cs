using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests a log into which another process has written. Enter shows that log on the operator's terminal.
/// </summary>
public sealed class ShownLogTests
{
    private const string Prompt = "then press Enter here";

    [Fact]
    public async Task Escape_sequences_of_the_log_do_not_reach_the_terminal()
    {
        const string Sequences = @"\033[2J\033]0;title\007\033]52;c;Y29weQ==\033\\\233\302\233";
        string screen = await ShowAsync($"printf 'before{Sequences} after\\r\\n' >$0/snapshots.log");

        Assert.Contains("before", screen, StringComparison.Ordinal);
        Assert.Contains("after", screen, StringComparison.Ordinal);
        Assert.DoesNotContain(screen, letter => letter is '\a' or '\u009b');
        Assert.DoesNotContain("\e[2J", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("\e]", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_end_takes_no_memory()
    {
        const string LongLine = "cd $0; truncate -s 600M snapshots.log; printf '\\nafter the long line\\n' >>snapshots.log";
        string screen = await ShowAsync(LongLine);

        Assert.Contains("after the long line", screen, StringComparison.Ordinal);
    }

    /// <returns>The output after Enter.</returns>
    private static async Task<string> ShowAsync(string plant)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await RootShell.RunAsync(plant + "; chown --reference=$0 $0/snapshots.log", pod.DataDirectory);
        using Pty terminal = new();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        int shown = (await terminal.WaitForAsync(Prompt)).Length;

        // The measurement starts before Enter, because the agent may end at once.
        Task<AgentResult> measured = Measured.WaitAsync(agent);
        terminal.PressEnter();

        (await measured).EndedWith(0);
        string screen = await terminal.WaitForAsync("snapshot creation procedure completed");
        return screen[shown..];
    }
}

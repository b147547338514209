using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests the container's terminal, and the clients that attach to it and leave.</summary>
public sealed class ContainerTerminalTests
{
    private const string Prompt = "then press Enter here";

    [Fact]
    public async Task A_stopped_reader_of_the_terminal_does_not_stall_the_work()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();

        // A listing of these files is longer than a terminal's buffer.
        string name = new('x', 200);
        (await HostCommand.RunAsync(HostCommand.AsRoot("sh", "-c", $"for i in $(seq 1000); do : >{target.Data}/{name}$i; done"))).Succeeded();

        // Prometheus answers only after the reader has stopped, so every listing is printed after that.
        await target.SignalAsync("STOP");
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true);
        await agent.SignalReaderAsync("STOP");
        try
        {
            await target.SignalAsync("CONT");
            string checksum = target.Archive + ".sha256";

            // The checksum gets its final name right after the archive.
            await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(checksum)), () => "no checksum");
            await Judge.Sha256SumAcceptsAsync(checksum);
            Assert.DoesNotContain("STEP 1", await agent.LogAsync(), StringComparison.Ordinal);
        }
        finally
        {
            // A stopped reader would outlive its container.
            await agent.SignalReaderAsync("CONT");
        }

        string log = await agent.WaitForLogAsync(Prompt);
        Assert.Equal(3, log.Split($" {name}1000\n").Length - 1);
        (await agent.ExecAsync("oso-snapshot", "release")).Succeeded();
        await agent.EndsWithAsync(0);
    }

    [Fact]
    public async Task An_Enter_before_the_prompt_does_not_end_the_hold()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();

        // The agent waits for Prometheus meanwhile.
        await target.SignalAsync("STOP");
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true);
        using Pty terminal = new();
        using Process client = agent.Attach(terminal);
        await agent.WaitForLogAsync("Target: PID 1 ");
        terminal.Type("early\r\r");

        // The container's terminal has received what it echoes.
        await agent.WaitForLogAsync("early\n\n");
        await target.SignalAsync("CONT");
        await agent.WaitForLogAsync(Prompt);

        // The agent prints the prompt for a resize after any effect that the early Enter could have.
        terminal.Resize(40, 120);
        string log = await agent.WaitForLogAsync(Prompt, times: 2);
        Assert.DoesNotContain("the hold ends", log, StringComparison.Ordinal);
        terminal.PressEnter();
        Assert.Contains("Enter was pressed: the hold ends.", await agent.EndsWithAsync(0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_without_a_size_shows_whole_lines_and_the_progress()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 8 << 20 });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true, ("OSO_SNAPSHOT_RATE_LIMIT", "4MiB"));
        string log = await agent.WaitForLogAsync(Prompt);

        // With a size, busybox would print "rows 40; columns 120;" in between.
        Assert.StartsWith("speed 38400 baud; line = 0;", (await agent.ExecAsync("busybox", "stty", "-F", "/dev/console", "-a")).Succeeded().Output, StringComparison.Ordinal);
        string[] transcript = await File.ReadAllLinesAsync(Path.Combine(target.Data, "snapshots.log"), TestContext.Current.CancellationToken);
        string[] shown = log.Split('\n');
        Assert.All(transcript, line => Assert.Contains(shown, other => other.EndsWith(line, StringComparison.Ordinal)));
        Assert.Matches("Archiving[^\r\n]*: [0-9]+ % of [^\r\n]* left", log);
    }
}

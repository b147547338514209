using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests each way in which the harness runs the agent.</summary>
public sealed class AgentHarnessTests
{
    [Fact]
    public async Task The_agent_runs_beside_Prometheus_and_judges_accept_its_archive()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        DateTimeOffset time = TimeProvider.System.GetUtcNow();

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("< HTTP/1.1 200 OK", result.Output, StringComparison.Ordinal);
        Assert.NotEmpty(result.TerminationMessage);
        await Judge.GzipAcceptsAsync(pod.Archive);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        Assert.Equal((await Judge.TarNamesAsync(pod.Archive)).Count, (await Judge.PythonListingAsync(pod.Archive)).Count);
        using var directory = new RestoreDirectory();
        string snapshot = await Judge.RestoreAsync(pod.Archive, directory.Path);
        await using PrometheusPod restored = await Judge.StartRestoredAsync(snapshot, pod.Options.Version);
        Assert.Equal(await pod.QueryAsync(PodOptions.HeadSeries, time), await restored.QueryAsync(PodOptions.HeadSeries, time));
    }

    [Fact]
    public async Task The_agent_has_a_terminal_and_ends_on_Enter()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        using var terminal = new Pty();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });

        await terminal.WaitForAsync("Enter");
        long resident = agent.ResidentBytes;
        terminal.Resize(50, 120);
        await terminal.WaitForAsync("Enter", times: 2);
        terminal.PressEnter();

        (await agent.WaitAsync()).EndedWith(0);
        Assert.InRange(resident, 1, 40 << 20);
    }

    [Fact]
    public async Task A_hang_up_reaches_the_agent()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        using var terminal = new Pty();
        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync("Enter");

        terminal.HangUp();

        (await agent.WaitAsync()).EndedWith(129);
    }

    [Fact]
    public async Task A_signal_reaches_the_agent()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        var options = new AgentOptions { Environment = new Dictionary<string, string> { ["OSO_SNAPSHOT_HOLD"] = "1h" } };
        await using RunningAgent agent = await pod.StartAgentAsync(options);
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(pod.Archive + ".sha256")), () => "no archive");

        await agent.SignalAsync("TERM");

        (await agent.WaitAsync()).EndedWith(143);
    }

    [Fact]
    public async Task Another_identity_is_refused()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        (await pod.RunAgentAsync(new AgentOptions { User = "1000:0" })).EndedWith(3);
        (await pod.RunAgentAsync(new AgentOptions { User = "0:0" })).EndedWith(3);
        (await pod.RunAgentAsync(new AgentOptions { JoinsPidNamespace = false })).EndedWith(3);
    }

    [Fact]
    public async Task Root_with_sys_ptrace_is_let_in()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });

        (await pod.RunAgentAsync(new AgentOptions { User = "0:0", Capabilities = "+sys_ptrace,+dac_override" })).EndedWith(0);
    }

    private sealed class RestoreDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("oso-restored-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}

using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>Tests data directories in which somebody has planted files that Prometheus never makes.</summary>
public sealed class HostileDirectoryTests
{
    private static readonly string[] Names = ["snapshots.tgz", "snapshots.tgz.part", "snapshots.tgz.sha256", "snapshots.log", "snapshots"];

    [Fact]
    public async Task Links_with_the_agents_names_are_not_followed()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        const string Outside = "mkdir -p $0/outside/20250820T165101Z-0eb533ff8d43ed64 && echo precious > $0/outside/file && chown -R 1000:1000 $0/outside";
        await RootAsync(Outside, pod.Root);
        string before = await RootAsync("ls -lR --full-time $0/outside; cat $0/outside/file", pod.Root);
        foreach (string name in Names)
        {
            await RootAsync($"ln -s ../outside{(name == "snapshots" ? string.Empty : "/file")} $0/{name}", pod.DataDirectory);
        }

        // The files that the links lead to must not change. Each link is replaced, except that of the log.
        AgentResult run = (await pod.RunAgentAsync()).EndedWith(0);
        Assert.Contains("snapshots.log can't be written, so this run is logged on the console only: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("snapshots.log is a symbolic link", run.Output, StringComparison.Ordinal);
        await Invariants.HoldAndNothingIsLeftAsync(pod, run);
        Assert.Equal(before, await RootAsync("ls -lR --full-time $0/outside; cat $0/outside/file", pod.Root));

        (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes")))).EndedWith(0);
        Assert.DoesNotContain("snapshots", await RootAsync("ls $0", pod.DataDirectory), StringComparison.Ordinal);
        Assert.Equal(before, await RootAsync("ls -lR --full-time $0/outside; cat $0/outside/file", pod.Root));
    }

    [Fact]
    public async Task A_file_that_may_not_be_read_ends_the_run_with_its_name()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        await RootAsync("for index in $0/*/index; do chmod 000 $index; done", pod.DataDirectory);

        AgentResult run = (await pod.RunAgentAsync()).EndedWith(6);

        Assert.Contains("/index: Permission denied", run.Output, StringComparison.Ordinal);
        Assert.Contains("See who owns the file", run.Output, StringComparison.Ordinal);
        await Invariants.HoldAndNothingIsLeftAsync(pod, run);
    }

    [Fact]
    public async Task An_earlier_snapshot_that_may_not_be_deleted_ends_the_run_with_its_name()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        await RootAsync("mkdir -p $0/snapshots/foreign && touch $0/snapshots/foreign/file && chown 1000:1000 $0/snapshots", pod.DataDirectory);

        AgentResult run = (await pod.RunAgentAsync()).EndedWith(6);

        Assert.Contains("/snapshots can't be deleted: ", run.Output, StringComparison.Ordinal);
        await Invariants.HoldAsync(pod);
    }

    [Fact]
    public async Task Odd_names_neither_end_the_run_nor_reach_the_console_raw()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        await RootAsync("cd $0 && mkdir -p snapshots/old && for name in $(printf 'esc\\033[2J \\377\\376'); do touch $name; done && touch \"$(printf 'new\\nline')\" \"snapshots/old/$(printf 'new\\nline')\" && ln -s \"$(printf 'x\\033]0;y')\" link && chown -R 1000:1000 snapshots", pod.DataDirectory);

        AgentResult run = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.DoesNotContain(run.Output, letter => char.IsControl(letter) && letter != '\n');
        Assert.Contains("new line", run.Output, StringComparison.Ordinal);
        await Invariants.HoldAndNothingIsLeftAsync(pod, run);
    }

    private static async Task<string> RootAsync(string script, string path) => (await HostCommand.RunAsync(HostCommand.AsRoot("bash", "-e", "-c", script, path))).Succeeded().Output;
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests Ctrl-C at each phase, as a person at a terminal presses it.</summary>
public sealed class ClientTerminalTests
{
    private const string CtrlC = "\u0003";

    [Fact]
    public async Task Ctrl_C_while_the_archive_is_copied_leaves_what_the_same_command_continues()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Slow());
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod, "--keep");

        await terminal.WaitForAsync("KiB/s");
        terminal.Type(CtrlC);
        await terminal.WaitForAsync("run the same command again");

        Assert.Equal(130, await EndAsync(take));
        Assert.Equal(
            [Cluster.Pod + "-snapshots.tgz.part", Cluster.Pod + "-snapshots.tgz.part.state"], cluster.Files);
        cluster.Configure([]);
        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();
        Assert.Single(cluster.Containers);
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_the_container_and_leaves_nothing()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Slow());
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod);

        await terminal.WaitForAsync("KiB/s");
        terminal.Type(CtrlC);
        await terminal.WaitForAsync("Ctrl-C again within");
        terminal.Type(CtrlC);

        Assert.Equal(130, await EndAsync(take));
        Assert.Empty(cluster.Files);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task Ctrl_C_while_Prometheus_makes_the_snapshot_leaves_a_run_that_is_continued()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        await target.SignalAsync("STOP");
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod, "--keep", "--verbose");

        await terminal.WaitForAsync("procedure started");
        terminal.Type(CtrlC);
        Assert.Equal(130, await EndAsync(take));
        await target.SignalAsync("CONT");

        Assert.Equal([Cluster.Pod + "-snapshots.tgz.part.state"], cluster.Files);
        CommandResult again = (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();
        Assert.True(cluster.Containers.Count == 1, terminal.Screen + again.Error);
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
    }

    [Fact]
    public async Task Ctrl_C_while_the_container_is_released_says_what_is_left_to_do()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["release"] = "slow" } });
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod);

        await terminal.WaitForAsync("structure right");
        terminal.Type(CtrlC);
        await terminal.WaitForAsync("run the same command again");

        Assert.Equal(130, await EndAsync(take));
        Assert.Contains("is complete, but container", terminal.Screen, StringComparison.Ordinal);
        cluster.Configure([]);
        CommandResult again = (await cluster.RunAsync("take", Cluster.Pod)).Succeeded();
        Assert.Contains("is complete: an earlier run has made it", again.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Containers);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task Ctrl_C_before_a_container_is_asked_for_leaves_nothing()
    {
        using Cluster cluster = new();
        cluster.Configure(new JsonObject { ["answer_seconds"] = 60 });
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod);

        await Eventually.HoldsAsync(
            () => Task.FromResult(File.Exists(cluster.Archive + ".part.lock")), () => "no client at work");
        terminal.Type(CtrlC);

        Assert.Equal(130, await EndAsync(take));
        Assert.Empty(cluster.Files);
        Assert.Empty(cluster.Containers);
    }

    private static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return process.ExitCode;
    }

    private static JsonObject Slow() =>
        new() { ["faults"] = new JsonObject { ["bytes_per_second"] = 30_000 } };
}

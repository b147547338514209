using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests a container that stays for later runs, because Kubernetes never removes one from a pod.</summary>
public sealed class ClientResidentTests
{
    // The limit is for the container's two processes together.
    private const long MaxAnonymousKilobytes = 8 * 1024;

    [Fact]
    public async Task Runs_of_all_kinds_add_one_container_to_the_pod()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        string[][] verbs =
        [
            ["take", "--resident"], ["take", "--keep"], ["remove"], ["take", "--stream"], ["take", "--resident", "--stream"],
            ["take", "--skip-head"],
        ];
        foreach (string[] verb in verbs)
        {
            (await cluster.RunAsync([verb[0], Cluster.Pod, .. verb[1..]])).Succeeded();
            if (verb[0] == "take")
            {
                await Judge.Sha256SumAcceptsAsync(cluster.Archive + ".sha256");
                File.Delete(cluster.Archive);
                File.Delete(cluster.Archive + ".sha256");
            }
        }

        string container = Assert.Single(cluster.Containers);
        Assert.Empty(target.Artefacts);
        Assert.Contains("idle: it stays", (await cluster.RunAsync("status", Cluster.Pod)).Output, StringComparison.Ordinal);
        Assert.Contains($"container {container} stays", (await cluster.RunAsync("list", Cluster.Pod)).Output, StringComparison.Ordinal);
        Assert.Contains("No agent runs", (await cluster.RunAsync("cancel", Cluster.Pod)).Error, StringComparison.Ordinal);

        CommandResult remove = (await cluster.RunAsync("remove", "--resident", Cluster.Pod)).Succeeded();
        Assert.Contains($"Container {container} has ended", remove.Error, StringComparison.Ordinal);
        Assert.Contains("terminated with status 0", (await cluster.RunAsync("status", Cluster.Pod)).Output, StringComparison.Ordinal);
        (await cluster.RunAsync("take", Cluster.Pod)).Succeeded();
        Assert.Equal(2, cluster.Containers.Count);
    }

    [Fact]
    public async Task A_resident_container_takes_little_memory_and_no_CPU_between_runs_and_leaves_no_zombie()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        (await cluster.RunAsync("take", Cluster.Pod, "--resident")).Succeeded();
        string agent = (await Podman.RunAsync("inspect", "--format", "{{.State.Pid}}", $"{target.Name}-{cluster.Containers[0]}"))
            .Succeeded().Output.Trim();

        // The pages of the program's file are dropped when memory is short. The anonymous ones are the container's.
        long anonymous = Field($"/proc/{agent}/smaps_rollup", "Anonymous");
        TestContext.Current.SendDiagnosticMessage($"{anonymous} KiB anonymous, {Field($"/proc/{agent}/smaps_rollup", "Rss")} KiB resident");
        Assert.InRange(anonymous, 1, MaxAnonymousKilobytes);

        // The agent may still end its run.
        await Eventually.HoldsAsync(
            async () =>
            {
                long ticks = ClockTicks(agent);
                await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
                return ClockTicks(agent) <= ticks + 2;
            },
            () => "CPU time that the agent uses");

        (await cluster.RunAsync("remove", "--resident", Cluster.Pod)).Succeeded();
        CommandResult states = (await Podman.RunAsync("exec", target.Name, "sh", "-c", "cat /proc/[0-9]*/stat")).Succeeded();
        Assert.DoesNotContain(") Z ", states.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_connection_breaks_continues()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["run_seconds"] = 0.5 } });
        await target.SignalAsync("STOP");
        using Process take = cluster.Start("take", Cluster.Pod, "--resident");
        take.StandardInput.Close();
        Task<string> error = take.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            async () => (await cluster.RunAsync("status", Cluster.Pod)).Output.Contains("Phase", StringComparison.Ordinal),
            () => "no agent at work");

        await target.SignalAsync("CONT");
        await take.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(take.ExitCode == 0, await error);
        await Judge.Sha256SumAcceptsAsync(cluster.Archive + ".sha256");
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task An_interrupted_copy_continues_and_nobody_elses_run_is_taken_for_it()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 50_000 } });
        await cluster.InterruptAsync(100_000, "take", Cluster.Pod, "--resident", "--keep");
        cluster.Configure([]);

        CommandResult other = await cluster.RunAsync("take", Cluster.Pod, "--resident", "-o", Path.Combine(cluster.Folder, "other.tgz"));
        Assert.Equal(8, other.ExitStatus);
        Assert.Single(cluster.Containers);

        (await cluster.RunAsync("take", Cluster.Pod, "--resident", "--keep")).Succeeded();
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
    }

    [Fact]
    public async Task Cancel_ends_the_run_and_leaves_the_container()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 50_000 } });
        await cluster.InterruptAsync(100_000, "take", Cluster.Pod, "--resident");
        cluster.Configure([]);

        CommandResult cancel = (await cluster.RunAsync("cancel", Cluster.Pod)).Succeeded();

        Assert.Contains("; the container stays", cancel.Error, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
        (await cluster.RunAsync("take", Cluster.Pod, "--resident")).Succeeded();
        Assert.Single(cluster.Containers);
    }

    private static long Field(string path, string name) => long.Parse(
        File.ReadLines(path).Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', '\t')[^2],
        CultureInfo.InvariantCulture);

    // Adds user and system time, fields 14 and 15 of proc_pid_stat(5). The second field, in parentheses, has no blank
    // here.
    private static long ClockTicks(string process) => File.ReadAllText($"/proc/{process}/stat").Split(' ')[13..15]
        .Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture));
}

using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests pods with another layout than the runbook's: where Prometheus runs, and where its data is.</summary>
public sealed partial class TargetLayoutTests
{
    [Fact]
    public async Task Without_a_shared_PID_namespace_the_remedy_is_told()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();

        AgentContainer agent = await target.StartAgentAsync(new AgentContainerOptions { SharesProcesses = false });

        string log = await agent.EndsWithAsync(3);
        Assert.Contains("No Prometheus can be seen: PID 1 is this program itself", log, StringComparison.Ordinal);
        Assert.Contains("--target=CONTAINER", log, StringComparison.Ordinal);
        Assert.Contains("shareProcessNamespace", log, StringComparison.Ordinal);
        Assert.StartsWith("No Prometheus can be seen", await agent.TerminationMessageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_around_Prometheus_changes_nothing()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { FirstProcess = FirstProcess.ShellWrapper });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        string log = await agent.WaitForLogAsync("Holding at most");

        Assert.Equal("sh", (await agent.ExecAsync("cat", "/proc/1/comm")).Succeeded().Output.Trim());
        Assert.DoesNotContain("Target: PID 1 ", log, StringComparison.Ordinal);
        await CopyIsTheArchiveAsync(agent, target, "/proc/1/root/data/snapshots.tgz");
    }

    [Fact]
    public async Task Prometheus_elsewhere_in_the_namespace_is_found_with_its_own_root()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { FirstProcess = FirstProcess.Sleeper });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        string log = await agent.WaitForLogAsync("Holding at most");

        Assert.NotEqual(0, (await agent.ExecAsync("ls", "/proc/1/root/")).ExitStatus);
        string path = ArchivePath().Match(log).Value;
        Assert.DoesNotContain("/proc/1/", path, StringComparison.Ordinal);
        await CopyIsTheArchiveAsync(agent, target, path);
    }

    [Fact]
    public async Task An_absolute_link_to_the_data_is_followed_in_the_roots_of_Prometheus()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new()
        {
            StoragePath = "/etc/prometheus/tsdb",
            Links = new Dictionary<string, string> { ["tsdb"] = "/data" },
        });

        // In the agent's own root the link leads here. The directory looks like a database too.
        string decoy = target.PathOf("decoy");
        Directory.CreateDirectory(Path.Combine(decoy, "wal"));
        (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "-R", "65534:65534", decoy))).Succeeded();
        AgentContainer agent = await target.StartAgentAsync(new AgentContainerOptions { Volumes = [decoy + ":/data"] });

        await agent.EndsWithAsync(0);
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
        Assert.Equal([Path.Combine(decoy, "wal")], Directory.GetFileSystemEntries(decoy));
    }

    [Fact]
    public async Task Of_several_Prometheus_one_must_be_named_and_is_then_used()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { FirstProcess = FirstProcess.Sleeper });
        string second = target.PathOf("second");
        await target.AddServerAsync(second, port: 9091);

        AgentContainer unnamed = await target.StartAgentAsync(hasTerminal: false);
        string log = await unnamed.EndsWithAsync(3);
        Assert.Contains("Several Prometheus processes run in this PID namespace: PID ", log, StringComparison.Ordinal);
        Assert.Contains("--env OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA", log, StringComparison.Ordinal);
        string[] pids = [.. ServerPid().Matches(log.Split('\n').First(line => line.Contains("Several", StringComparison.Ordinal))).Select(match => match.Groups[1].Value)];
        Assert.Equal(2, pids.Length);
        Assert.Empty(target.Artefacts);

        // PIDs are listed in ascending order, and the second server was started last.
        AgentContainer named = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_DATA_DIR", $"/proc/{pids[1]}/root/data"));
        await named.EndsWithAsync(0);
        Assert.Empty(target.Artefacts);
        await Judge.Sha256SumAcceptsAsync(Path.Combine(second, "snapshots.tgz.sha256"));
    }

    [GeneratedRegex("/proc/[0-9]+/root/data/snapshots.tgz", RegexOptions.CultureInvariant)]
    private static partial Regex ArchivePath();

    [GeneratedRegex("PID ([0-9]+) ", RegexOptions.CultureInvariant)]
    private static partial Regex ServerPid();

    private static async Task CopyIsTheArchiveAsync(AgentContainer agent, TargetContainer target, string pathSeenByAgent)
    {
        string copy = target.PathOf("copy.tar");
        await agent.CopyAsync(copy, "tar", "cf", "-", pathSeenByAgent);
        (await HostCommand.RunAsync("tar", "xf", copy, "-C", target.PathOf(string.Empty))).Succeeded();
        Assert.Equal(await File.ReadAllBytesAsync(target.Archive), await File.ReadAllBytesAsync(target.PathOf(pathSeenByAgent[1..])));
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
        (await agent.ExecAsync("oso-snapshot", "release")).Succeeded();
        await agent.EndsWithAsync(0);
    }
}

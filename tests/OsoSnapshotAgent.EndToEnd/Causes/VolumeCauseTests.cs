using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Faults;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Causes;

/// <summary>Tests that what is wrong with the volume is found before anything is deleted, and told with its remedy.</summary>
public sealed class VolumeCauseTests
{
    private const string Yesterday = "20250820T165101Z-0eb533ff8d43ed64";
    private const int QuotaExceeded = 122;

    private static readonly PodOptions SmallPod = new() { Blocks = new BlockSet() };

    [Theory]
    [InlineData("mount -t tmpfs none snapshots")]
    [InlineData("mkdir other; mount --bind other snapshots")]
    public async Task A_mount_in_place_of_the_snapshots_is_told_and_nothing_in_it_is_touched(string mount)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        await PrometheusCauseTests.InPodAsync(
            pod, $"mkdir snapshots; {mount}; mkdir snapshots/{Yesterday}; echo old >snapshots/{Yesterday}/old; chown -R --reference=. snapshots");

        foreach (AgentOptions run in (AgentOptions[])[
            new(), new() { Environment = Given.Variables(("OSO_SNAPSHOT_ARCHIVE", "no")) },
            new() { Environment = Given.Variables(("REMOVE", "yes")) }, new() { Arguments = ["export", "--stream"], Redirection = ">/dev/null" }])
        {
            AgentResult result = (await pod.RunAgentAsync(run)).EndedWith(6);
            string told = result.Output + result.Error;
            Assert.Contains("snapshots is another file system, and Prometheus can't hard-link into it", told, StringComparison.Ordinal);
            Assert.Contains("take its mount out of the pod", told, StringComparison.Ordinal);
            await PrometheusCauseTests.InPodAsync(pod, $"test -s snapshots/{Yesterday}/old; test $(ls snapshots | wc -l) = 1");
        }
    }

    [Fact]
    public async Task A_mount_below_the_snapshots_is_told_and_nothing_in_it_is_touched()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        await PrometheusCauseTests.InPodAsync(
            pod, "mkdir -p snapshots/mine; mount -t tmpfs none snapshots/mine; echo old >snapshots/mine/old; chown -R --reference=. snapshots");

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(6);

        Assert.Contains("/snapshots/mine: snapshots is another file system", result.Output, StringComparison.Ordinal);
        await PrometheusCauseTests.InPodAsync(pod, "test -s snapshots/mine/old");
    }

    [Fact]
    public async Task A_volume_that_is_read_only_is_told_and_asks_for_no_rights()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        await PrometheusCauseTests.InPodAsync(pod, "mount --bind . .; mount -o remount,bind,ro $PWD");

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(3);

        Assert.Contains("Read-only file system", result.Output, StringComparison.Ordinal);
        Assert.Contains("mount it writable", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("SYS_PTRACE", result.Output[result.Output.IndexOf("What to do", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.DoesNotContain("root", result.Output[result.Output.IndexOf("What to do", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_Prometheus_can_not_write_either_asks_for_no_rights()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        await PrometheusCauseTests.InPodAsync(pod, "chmod 555 .");

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(3);

        Assert.Contains("Permission denied", result.Output, StringComparison.Ordinal);
        Assert.Contains("Give them the directory", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("runAsUser", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("write", QuotaExceeded, 5, "the disk quota is used up", "Raise the quota")]
    [InlineData("sync", QuotaExceeded, 5, "Disk quota exceeded", "Raise the quota")]
    [InlineData("write", Fault.InputOutputError, 6, "Input/output error", "Look into the disk's health")]
    [InlineData("rename", Fault.ReadOnlyFileSystem, 6, "Read-only file system", "mount it writable")]
    public async Task An_error_of_the_system_in_the_agent_is_told_with_its_remedy(string call, int errorNumber, int status, string told, string remedy)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        AgentResult result = (await pod.RunAgentAsync(disk.Failing(new Fault(call, 1, errorNumber)))).EndedWith(status);

        Assert.Contains(told, result.Output, StringComparison.Ordinal);
        Assert.Contains(remedy, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("as root", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_nobody_can_see_ends_the_run_and_deletes_nothing()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        (await pod.RunAgentAsync()).EndedWith(0);
        string[] before = Invariants.Snapshots(pod);

        // The directory, the archive and the snapshot are asked for, in this order.
        foreach (int at in (int[])[1, 2, 3])
        {
            AgentResult result = (await pod.RunAgentAsync(disk.Failing(new Fault("lock", at, Fault.InputOutputError)))).EndedWith(6);

            Assert.Contains("fault: lock of", result.Error, StringComparison.Ordinal);
            Assert.Contains("can't see whether another run uses it", result.Output, StringComparison.Ordinal);
            Assert.Contains("Look into the disk's health", result.Output, StringComparison.Ordinal);
            Assert.Equal(before, Invariants.Snapshots(pod));
            Assert.True(File.Exists(pod.Archive));
        }
    }

    [Theory]
    [InlineData("9007199254740992")]
    [InlineData("2251799813685248")]
    [InlineData("18446744073709551615")]
    public async Task A_volume_of_eight_exbibytes_and_more_has_room(string blocks)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        AgentResult result = (await pod.RunAgentAsync(new Dictionary<string, string>(disk.Counting()) { ["FAULT_BLOCKS"] = blocks })).EndedWith(0);

        Assert.Contains("has 8.0 EiB free of 8.0 EiB", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_Prometheus_skips_is_told_and_the_archive_is_made()
    {
        string data = Directory.CreateTempSubdirectory("oso-left-out-").FullName;
        GeneratedBlock skipped = BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = data, BlockCount = 3, SizeBytes = 3 << 20, Seed = 1, Until = TimeProvider.System.GetUtcNow(),
        })[0];
        await File.WriteAllTextAsync(Path.Combine(skipped.Directory, "meta.json"), string.Empty, TestContext.Current.CancellationToken);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { InitialData = data });
        Directory.Delete(data, recursive: true);

        await using RunningAgent agent = await pod.StartHoldingAgentAsync();
        CommandResult status = (await agent.ExecAsync("status", "--json")).Succeeded();
        await agent.SignalAsync("TERM");
        AgentResult result = await agent.WaitAsync();

        Assert.Contains(
            $"⚠️ Block {skipped.Ulid} lies in the data directory, but is not in the snapshot: Prometheus can't read its meta.json",
            result.Output, StringComparison.Ordinal);
        Assert.Contains("(oso-313)", result.Output, StringComparison.Ordinal);
        Assert.Equal([skipped.Ulid], JsonNode.Parse(status.Output)!["blocksNotInSnapshot"]!.AsArray().Select(one => (string)one!));
    }
}

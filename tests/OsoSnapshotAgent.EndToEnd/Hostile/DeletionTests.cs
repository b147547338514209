using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Faults;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests that nothing is deleted only because a server says so or a disk fails, and that the archive is deleted last.
/// </summary>
public sealed class DeletionTests
{
    [Fact]
    public async Task A_snapshot_that_lay_there_before_is_not_taken_for_the_new_one_nor_deleted()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        string earlier = (await pod.PostAsync("api/v1/admin/tsdb/snapshot")).Data.GetProperty("name").GetString()!;
        string before = await Volume.ArtefactsAsync(pod.DataDirectory);
        using Proxy proxy = await Proxy.StartAsync(pod, "snapshot", earlier);

        IReadOnlyDictionary<string, string> url = Given.Variables(("OSO_SNAPSHOT_URL", proxy.Url));
        AgentResult result = await pod.RunAgentAsync(url, "export", "--stream");

        result.EndedWith(4);
        Assert.Empty(result.Output);
        Assert.Contains(earlier, result.Error, StringComparison.Ordinal);
        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    [Fact]
    public async Task The_hold_lasts_until_everything_is_removed_and_the_archive_is_removed_last()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        // At this speed, deleting the snapshot's files and directories takes about nine seconds.
        AgentOptions slow = new() { Environment = disk.Slowing("unlink", TimeSpan.FromSeconds(0.4)) };
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(slow);
        Task<CommandResult> release = agent.ExecAsync("release", "--remove");
        while (!release.IsCompleted)
        {
            string left = await Volume.ArtefactsAsync(pod.DataDirectory);
            bool hasSnapshots = left.Contains("snapshots d", StringComparison.Ordinal);
            bool hasArchive = left.Contains("snapshots.tgz f", StringComparison.Ordinal);
            Assert.True(hasArchive || !hasSnapshots, "The archive was deleted before the snapshot.");
            Assert.False(left.Length > 0 && agent.HasEnded, $"The hold ended before everything was removed:\n{left}");
            await Task.Delay(TimeSpan.FromSeconds(0.1), TestContext.Current.CancellationToken);
        }

        CommandResult removal = (await release).Succeeded();
        (await agent.WaitAsync()).EndedWith(0);
        Assert.Empty(await RootShell.RunAsync("ls $0 | grep snapshots || true", pod.DataDirectory));

        // The slow disk's own lines don't count. The others show the waiting client that the removal continues.
        string[] said = removal.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(said, line => !line.StartsWith("faults:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Release_is_obeyed_as_soon_as_status_says_that_the_agent_holds()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        // The slow disk delays each file that the hold opens before it begins.
        AgentOptions slow = new() { Environment = disk.Slowing("open", TimeSpan.FromSeconds(0.15)) };
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(slow);

        (await agent.ExecAsync("release")).Succeeded();
        (await agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task An_archive_whose_directory_can_not_be_flushed_stays_with_a_warning()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        (await pod.RunAgentAsync()).EndedWith(0);
        string earlier = await RootShell.RunAsync("sha256sum <$0", pod.Archive);

        // The first flush of the directory itself follows the rename.
        AgentResult? failed = null;
        for (int at = 1; failed is null && at < 10; at++)
        {
            AgentResult result = await pod.RunAgentAsync(disk.Failing(new Fault("sync", at, Fault.InputOutputError)));
            bool struck = result.Error.Contains($"fault: sync of {pod.DataDirectory}\n", StringComparison.Ordinal);
            failed = struck ? result : null;
        }

        Assert.NotNull(failed);
        failed.EndedWith(6);
        Assert.True(File.Exists(pod.Archive), "No archive was left.");
        Assert.Contains("power", failed.Output, StringComparison.Ordinal);
        await Judge.GzipAcceptsAsync(pod.Archive);
        Assert.NotEqual(earlier, await RootShell.RunAsync("sha256sum <$0", pod.Archive));
        await Invariants.HoldAsync(pod);
    }

    [Fact]
    public async Task A_link_to_Prometheus_own_lock_is_no_run_that_holds_the_archive()
    {
        PodOptions options = new() { Flags = ["--storage.tsdb.use-lockfile"] };
        await using PrometheusPod pod = await PrometheusPod.StartAsync(options);
        const string Plant = "cd $0; test -f lock; ln -s lock snapshots.tgz; chown -h --reference=. snapshots.tgz";
        await RootShell.RunAsync(Plant, pod.DataDirectory);

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        await Invariants.HoldAndNothingIsLeftAsync(pod, result);
        await RootShell.RunAsync("test -f $0/lock; test ! -L $0/snapshots.tgz", pod.DataDirectory);
    }
}

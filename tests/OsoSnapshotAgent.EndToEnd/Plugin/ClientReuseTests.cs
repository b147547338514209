using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests --reuse: an archive that an earlier run has left on the volume is copied, not made again.</summary>
public sealed class ClientReuseTests
{
    [Theory]
    [InlineData(false, "--keep")]
    [InlineData(true)]
    [InlineData(true, "--resident")]
    public async Task The_archive_of_a_run_whose_container_was_killed_is_copied(bool isRemoved, params string[] options)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        byte[] archive = await LeaveArchiveAsync(target, cluster);

        CommandResult take = (await cluster.RunAsync(["take", Cluster.Pod, "--reuse", .. options])).Succeeded();

        Assert.Matches("the archive holds samples until 20[0-9-]+T", take.Error);
        Assert.Equal(archive, await File.ReadAllBytesAsync(cluster.Archive, TestContext.Current.CancellationToken));
        Assert.Equal([Cluster.Pod + "-snapshots.tgz", Cluster.Pod + "-snapshots.tgz.sha256"], cluster.Files);
        Assert.Equal(isRemoved, !File.Exists(target.Archive));
        Assert.Equal(2, cluster.Containers.Count);
        await cluster.StatusTellsAsync(options.Contains("--resident") ? "idle" : "terminated with status 0");
    }

    [Theory]
    [InlineData(true, "new archive is made")]
    [InlineData(false, "new archive is made")]
    public async Task Without_a_whole_archive_one_is_made(bool isThere, string told)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        if (isThere)
        {
            byte[] archive = await LeaveArchiveAsync(target, cluster);
            await File.WriteAllBytesAsync(target.Archive, archive[..^10], TestContext.Current.CancellationToken);
        }

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "--reuse", "-v")).Succeeded();

        Assert.Contains(told, take.Error, StringComparison.Ordinal);
        Assert.Contains("STEP 3", take.Error, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_run_that_still_waits_for_its_copy_is_continued()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 30_000 } });
        await cluster.InterruptAsync(50_000, "take", Cluster.Pod);
        cluster.Configure([]);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "--reuse")).Succeeded();

        Assert.Contains("Resuming", take.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Containers);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task An_interrupted_copy_leaves_the_archive_on_the_volume_and_is_continued()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        byte[] archive = await LeaveArchiveAsync(target, cluster);
        cluster.Files.ToList().ForEach(file => File.Delete(Path.Combine(cluster.Folder, file)));
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 30_000 } });

        CommandResult take = await cluster.InterruptAsync(50_000, "take", Cluster.Pod, "--reuse");

        Assert.Equal(130, take.ExitStatus);
        Assert.Contains("run the same command again", take.Error, StringComparison.Ordinal);
        Assert.Equal(archive, await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken));
        cluster.Configure([]);
        (await cluster.RunAsync("take", Cluster.Pod, "--reuse")).Succeeded();
        Assert.Equal(archive, await File.ReadAllBytesAsync(cluster.Archive, TestContext.Current.CancellationToken));
        Assert.Equal(2, cluster.Containers.Count);
    }

    [Fact]
    public async Task Reuse_and_a_stream_exclude_each_other()
    {
        using Cluster cluster = new();

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "--reuse", "--stream");

        Assert.Equal(2, take.ExitStatus);
        Assert.Contains("--reuse and --stream exclude each other", take.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// Kills the agent during the copy, as the end of Prometheus' container does. The agent can't tidy up.
    /// </summary>
    private static async Task<byte[]> LeaveArchiveAsync(TargetContainer target, Cluster cluster)
    {
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 30_000 } });
        await cluster.InterruptAsync(50_000, "take", Cluster.Pod);
        cluster.Configure([]);
        (await Podman.RunAsync("kill", $"{target.Name}-{cluster.Containers[0]}")).Succeeded();
        await cluster.StatusTellsAsync("terminated with status 137");
        return await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken);
    }
}

using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests one command for several pods, and the verbs that report on them.</summary>
public sealed class PluginManyPodsTests
{
    [Fact]
    public async Task A_selector_takes_from_each_pod_and_list_status_and_remove_tell_and_tidy_them()
    {
        await using TargetContainer first = await TargetContainer.StartAsync();
        await using TargetContainer second = await TargetContainer.StartAsync();
        using Cluster cluster = new(first, second);

        CommandResult take = (await cluster.RunAsync("take", "-l", "app=prometheus", "-o", ".", "--keep")).Succeeded();

        Assert.Equal(2, take.Lines.Count(line => line.StartsWith("oso-p-prom-svr-", StringComparison.Ordinal) && line.Contains(" done ", StringComparison.Ordinal)));
        await IsCopyOfAsync(first, cluster.Archive);
        await IsCopyOfAsync(second, cluster.Archive.Replace("svr-0", "svr-1", StringComparison.Ordinal));

        Assert.StartsWith("2 pods in ", take.Lines[^1], StringComparison.Ordinal);
        await cluster.StatusTellsAsync("terminated with status 0");
        CommandResult status = (await cluster.RunAsync("status", Cluster.Pod)).Succeeded();
        Assert.Contains($"{Cluster.Pod}  {cluster.Containers[0][..13]}", status.Output, StringComparison.Ordinal);
        Assert.Contains("terminated with status 0", status.Output, StringComparison.Ordinal);

        string[] parts = [first.Archive + ".part", second.Archive + ".part"];
        (await HostCommand.RunAsync(HostCommand.AsRoot(["touch", .. parts]))).Succeeded();
        CommandResult list = (await cluster.RunAsync("list")).Succeeded();
        Assert.Equal(10, list.Lines.Count(line => line.EndsWith("s old", StringComparison.Ordinal)));
        Assert.All(
            ["snapshots", "snapshots.log", "snapshots.tgz", "snapshots.tgz.part", "snapshots.tgz.sha256"],
            name => Assert.Equal(2, list.Output.Split($"/data/{name}  ").Length - 1));

        (await cluster.RunAsync("remove", "-l", "app=prometheus")).Succeeded();
        Assert.Empty(first.Artefacts);
        Assert.Empty(second.Artefacts);
        Assert.Equal(["oso-p-prom-svr-0  nothing", "oso-p-prom-svr-1  nothing"], (await cluster.RunAsync("list")).Succeeded().Lines.Order(StringComparer.Ordinal));
    }

    private static async Task IsCopyOfAsync(TargetContainer target, string archive)
    {
        Assert.Equal(await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken));
        await Judge.Sha256SumAcceptsAsync(archive + ".sha256");
    }
}

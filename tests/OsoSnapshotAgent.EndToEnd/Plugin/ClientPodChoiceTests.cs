using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests how the command line names pods, or names none.</summary>
public sealed class ClientPodChoiceTests
{
    [Fact]
    public async Task Without_a_name_the_pod_that_runs_Prometheus_is_taken()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        (await cluster.RunAsync("take")).Succeeded();

        Assert.Equal([Cluster.Pod + "-snapshots.tgz", Cluster.Pod + "-snapshots.tgz.sha256"], cluster.Files);
    }

    [Fact]
    public async Task Of_several_pods_none_is_taken_unless_all_are_meant()
    {
        await using TargetContainer first = await TargetContainer.StartAsync();
        await using TargetContainer second = await TargetContainer.StartAsync();
        using Cluster cluster = new(first, second);

        CommandResult refused = await cluster.RunAsync("take");

        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("oso-p-prom-svr-0, oso-p-prom-svr-1", refused.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Containers);
        string[][] words = [["--all-pods"], ["-A"], ["sts/prom"], ["deploy/prom"]];
        foreach (string[] all in words)
        {
            CommandResult take = (await cluster.RunAsync(["take", .. all])).Succeeded();

            Assert.StartsWith("2 pods in ", take.Lines[^1], StringComparison.Ordinal);
            Assert.Equal(4, cluster.Files.Count());
            Array.ForEach(Directory.GetFiles(cluster.Folder, "*.tgz*"), File.Delete);
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("oso-p", true)]
    [InlineData("web", false)]
    public async Task Kubectl_completes_the_names_of_pods(string typed, bool isFound)
    {
        using Cluster cluster = new();
        File.CreateSymbolicLink(Path.Combine(cluster.Folder, "kubectl-oso_snapshot"), Client.Binary);
        const string Completer = "kubectl_complete-oso_snapshot";
        File.Copy(Repository.PathOf("src/OsoSnapshotClient/" + Completer), Path.Combine(cluster.Folder, Completer));

        CommandResult completed = (await cluster.RunKubectlAsync("__complete", "oso-snapshot", "take", typed)).Succeeded();

        Assert.Equal(isFound ? [Cluster.Pod, ":4"] : [":0"], completed.Lines);
    }

    [Fact]
    public async Task A_workload_that_is_not_there_is_told()
    {
        using Cluster cluster = new();

        CommandResult take = await cluster.RunAsync("take", "sts/none");

        Assert.Equal(2, take.ExitStatus);
        Assert.Contains("see kubectl get statefulsets", take.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Files);
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests runs that meet other runs, and runs that are cancelled.</summary>
public sealed class ClientSharingTests
{
    // The agent waits 30 s for each answer of Prometheus.
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_second_client_at_an_output_is_told_who_writes_it()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Slow());
        using Process first = cluster.Start("take", Cluster.Pod, "--keep", "-q");
        first.StandardInput.Close();
        await PartExistsAsync(cluster);

        CommandResult second = await cluster.RunAsync("take", Cluster.Pod, "--keep");

        Assert.Equal(8, second.ExitStatus);
        Assert.Contains($"is being written by process {first.Id} on ", second.Error, StringComparison.Ordinal);
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, first.ExitCode);
        await IsTheArchiveAsync(cluster, target);
        Assert.Single(cluster.Containers);
    }

    [Fact]
    public async Task A_run_with_other_options_is_refused_until_the_earlier_one_is_given_up()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Slow());
        await cluster.InterruptAsync(100_000, "take", Cluster.Pod, "--keep");
        cluster.Configure([]);

        CommandResult other = await cluster.RunAsync("take", Cluster.Pod, "--keep", "--skip-head");

        Assert.Equal(2, other.ExitStatus);
        Assert.Contains("asks for 'prom-svr OSO_SNAPSHOT_SKIP_HEAD=yes'", other.Error, StringComparison.Ordinal);

        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--skip-head", "--restart")).Succeeded();
        Assert.Equal(2, cluster.Containers.Count);
        await IsTheArchiveAsync(cluster, target);
    }

    [Theory]
    [InlineData("find-target", true)]
    [InlineData("preflight", false)]
    public async Task Cancel_ends_a_run_whose_Prometheus_does_not_answer(string phase, bool hasFlagsInFile)
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { HasFlagsInFile = hasFlagsInFile });
        using Cluster cluster = new(target);
        await target.SignalAsync("STOP");
        using Process first = cluster.Start("take", Cluster.Pod);
        first.StandardInput.Close();
        Task<string> error = first.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await cluster.StatusTellsAsync("Phase       " + phase);

        long startedAt = Stopwatch.GetTimestamp();
        CommandResult cancel = await cluster.RunAsync("cancel", Cluster.Pod);
        Assert.InRange(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, CancelLimit);
        await target.SignalAsync("CONT");

        cancel.Succeeded();
        Assert.Matches("The run in container oso-snapshot-[-0-9]+ has ended with status 12", cancel.Error);
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Matches("[a-z0-9-]+-on-[a-z0-9-]+ ended the run at 20[-0-9T:]+Z", await error);
        Assert.Equal(12, first.ExitCode);
        Assert.Empty(cluster.Files);
    }

    private static JsonObject Slow() =>
        new() { ["faults"] = new JsonObject { ["bytes_per_second"] = 50_000 } };

    private static Task PartExistsAsync(Cluster cluster) => Eventually.HoldsAsync(
        () => Task.FromResult(File.Exists(cluster.Archive + ".part") && new FileInfo(cluster.Archive + ".part").Length > 0),
        () => "no copy");

    private static async Task IsTheArchiveAsync(Cluster cluster, TargetContainer target) =>
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
}

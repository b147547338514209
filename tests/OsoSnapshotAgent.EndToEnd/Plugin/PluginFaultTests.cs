using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Tests connections that change bytes, stall or are cut by the operator: the copy is right, or there is none.
/// </summary>
public sealed class PluginFaultTests
{
    [Fact]
    public async Task A_connection_that_always_changes_bytes_ends_in_failure_without_a_file_of_the_final_name()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Faults(("flip_every", 300_000)));

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(6, take.ExitStatus);
        Assert.Contains("The copy is not the archive: its SHA-256 differs", take.Error, StringComparison.Ordinal);
        Assert.Equal([Cluster.Pod + "-snapshots.tgz.part.state"], cluster.Files);

        // The agent still holds the archive. Over a sound connection the same command succeeds, with the same
        // container.
        cluster.Configure([]);
        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();
        Assert.Single(cluster.Containers);
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_connection_that_changes_a_byte_once_has_the_archive_copied_again()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Faults(("flip_every", 100_000), ("flips", 1)));

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.Contains("copying it again from its start", take.Error, StringComparison.Ordinal);
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_stalled_connection_is_ended_and_the_copy_is_resumed()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { OwnVariables = new Dictionary<string, string> { ["OSO_PLUGIN_STALL_SECONDS"] = "5" } };
        cluster.Configure(Faults(("cut_bytes", 200_000), ("cuts", 1), ("stall", true)));

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.Equal(200_000, cluster.Exports[^1].Offset);
        await IsTheArchiveAsync(cluster, target);
    }

    [Theory]
    [InlineData(Cluster.Pod, "--keep")]
    [InlineData("--selector=app=prometheus", "--keep")]
    public async Task After_Ctrl_C_the_same_command_resumes_the_copy(params string[] arguments)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Faults(("bytes_per_second", 50_000)));

        CommandResult interrupted = await cluster.InterruptAsync(100_000, ["take", .. arguments]);

        Assert.Equal(130, interrupted.ExitStatus);
        Assert.Contains("the same command again", interrupted.Error, StringComparison.Ordinal);
        Assert.Equal([Cluster.Pod + "-snapshots.tgz.part", Cluster.Pod + "-snapshots.tgz.part.state"], cluster.Files);
        long copied = new FileInfo(cluster.Archive + ".part").Length;

        cluster.Configure([]);
        (await cluster.RunAsync(["take", .. arguments])).Succeeded();
        Assert.Single(cluster.Containers);
        Assert.Equal(copied, cluster.Exports[^1].Offset);
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_partial_copy_from_a_container_that_is_gone_is_not_resumed()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        await File.WriteAllTextAsync(cluster.Archive + ".part", "another archive's beginning", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(cluster.Archive + ".part.state", $"pod=/{Cluster.Pod}\ncontainer=oso-snapshot-gone\nsha256=0\n", TestContext.Current.CancellationToken);

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.Equal(0, cluster.Exports[0].Offset);
        await IsTheArchiveAsync(cluster, target);
    }

    [Theory]
    [InlineData("killed", 137, false)]
    [InlineData("unanswered", 0, true)]
    public async Task A_container_that_ends_without_an_answer_is_not_taken_for_one_that_has_tidied_up(
        string fault, int status, bool hasTidiedUp)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Faults(("release", fault)));

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(11, take.ExitStatus);
        Assert.DoesNotContain("✅ Released", take.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"The copy is right, but the container ended (status {status}) without an answer: what the agent has removed is unknown.",
            take.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            $"kubectl oso-snapshot remove --image {Podman.Image} {Cluster.Pod} has the agent remove its own files and all snapshots",
            take.Error,
            StringComparison.Ordinal);
        Assert.Equal([Cluster.Pod + "-snapshots.tgz", Cluster.Pod + "-snapshots.tgz.sha256"], cluster.Files);
        Assert.Equal(hasTidiedUp, !target.Artefacts.Any());

        cluster.Configure([]);
        (await cluster.RunAsync("remove", Cluster.Pod)).Succeeded();
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_container_that_ends_while_it_is_released_keeps_the_archive_that_is_to_be_kept()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(Faults(("release", "killed")));

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.Contains("the archive stays on the volume", take.Error, StringComparison.Ordinal);
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_connection_without_a_byte_ends_in_failure_and_the_partial_copy_stays_for_the_next_run()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { OwnVariables = new Dictionary<string, string> { ["OSO_PLUGIN_PAUSE_SECONDS"] = "0" } };
        cluster.Configure(Faults(("cut_bytes", 0)));

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(1, take.ExitStatus);
        Assert.Contains("No byte came in", take.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(cluster.Archive));
    }

    private static JsonObject Faults(params (string Name, JsonNode Value)[] faults) =>
        new() { ["faults"] = new JsonObject(faults.Select(fault => KeyValuePair.Create(fault.Name, (JsonNode?)fault.Value))) };

    private static async Task IsTheArchiveAsync(Cluster cluster, TargetContainer target) => Assert.Equal(
        await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken),
        await File.ReadAllBytesAsync(cluster.Archive, TestContext.Current.CancellationToken));
}

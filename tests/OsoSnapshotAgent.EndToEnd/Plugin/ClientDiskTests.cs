using System.Globalization;
using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Faults;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Tests faults of the machine that makes the copy: killed clients, and disks that are full or read-only.
/// </summary>
public sealed class ClientDiskTests
{
    [Fact]
    public async Task After_kills_at_random_moments_the_same_command_makes_an_equal_copy()
    {
        int kills = int.Parse(
            Environment.GetEnvironmentVariable("OSO_TEST_CLIENT_KILLS") ?? "4", CultureInfo.InvariantCulture);
        int seed = int.Parse(
            Environment.GetEnvironmentVariable("OSO_TEST_SEED") ?? $"{Environment.TickCount & 0xFFFF}", CultureInfo.InvariantCulture);
        TestContext.Current.SendDiagnosticMessage($"OSO_TEST_SEED={seed}");
        Random random = new(seed);
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 500_000 } });
        for (int kill = 0; kill < kills; kill++)
        {
            using Process take = cluster.Start("take", Cluster.Pod, "--keep", "-q");
            take.StandardInput.Close();
            await Task.Delay(random.Next(6000), TestContext.Current.CancellationToken);
            await HostCommand.RunAsync("kill", "-KILL", "--", $"-{take.Id}");
            await take.WaitForExitAsync(TestContext.Current.CancellationToken);
            // A kill may come after the rename and before the end.
            if (File.Exists(cluster.Archive))
            {
                await IsTheArchiveAsync(cluster, target, seed);
            }
        }

        cluster.Configure([]);
        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();
        await IsTheArchiveAsync(cluster, target, seed);
        Assert.Empty(cluster.Files);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_with_room_the_same_command_continues()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        await using MountedDirectory full = await MountedDirectory.CreateAsync("size=64k");

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "--keep", "-o", full.Path);

        Assert.Equal(5, take.ExitStatus);
        Assert.Contains("Not enough room here for the archive", take.Error, StringComparison.Ordinal);
        await full.RemountAsync("size=64m");
        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "-o", full.Path)).Succeeded();
        Assert.Single(cluster.Containers);
        (await HostCommand.RunAsync("cmp", target.Archive, Path.Combine(full.Path, Path.GetFileName(cluster.Archive)))).Succeeded();
    }

    [Fact]
    public async Task A_directory_that_can_not_be_written_is_told_before_anything_is_started()
    {
        using Cluster cluster = new();
        await using MountedDirectory readOnly = await MountedDirectory.CreateAsync("ro");

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "-o", readOnly.Path);

        Assert.Equal(1, take.ExitStatus);
        Assert.Contains("can't be written: ", take.Error, StringComparison.Ordinal);
        Assert.Contains("choose another -o", take.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests);
    }

    [Theory]
    [InlineData(Fault.InvalidArgument, 0)]
    [InlineData(Fault.InputOutputError, 1)]
    public async Task Without_fsync_a_copy_is_made_and_one_that_fails_is_told(int errorNumber, int status)
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target)
        {
            OwnVariables = new Dictionary<string, string>(disk.Failing(new("sync", Fault.Each, errorNumber)))
            {
                ["FAULT_UNDER"] = "/oso-plugin-", ["FAULT_EXCEPT"] = ".cluster",
            },
        };

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "--keep");

        Assert.Contains("fault: sync of", take.Error, StringComparison.Ordinal);
        Assert.Equal(status, take.ExitStatus);
        Assert.Equal(status == 0, File.Exists(cluster.Archive));
        Assert.Equal(status != 0, take.Error.Contains("can't be flushed to the disk", StringComparison.Ordinal));
    }

    // The copy and its checksum are deleted, so that the next round starts without them.
    private static async Task IsTheArchiveAsync(Cluster cluster, TargetContainer target, int seed)
    {
        CommandResult compared = await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive);
        Assert.True(compared.ExitStatus == 0, $"OSO_TEST_SEED={seed}: {compared.Output}{compared.Error}");
        File.Delete(cluster.Archive);
        File.Delete(cluster.Archive + ".sha256");
    }
}

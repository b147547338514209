using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests clients and agents that are killed at any moment, and clients that share one directory.</summary>
public sealed class BackupCrashTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_kills_at_random_moments_every_list_is_complete_and_the_same_command_ends_the_backup()
    {
        int kills = Number("OSO_TEST_CLIENT_KILLS", 4);
        int seed = Number("OSO_TEST_SEED", Environment.TickCount & 0xFFFF);
        TestContext.Current.SendDiagnosticMessage($"OSO_TEST_SEED={seed}");
        Random random = new(seed);
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        cluster.Configure(Slow());
        int done = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using Process take = cluster.Start("take", Cluster.Pod, "--into", "B", "--keep", "-q");
            take.StandardInput.Close();
            await Task.WhenAny(take.WaitForExitAsync(Token), Task.Delay(random.Next(6000), Token));
            bool isClients = take.HasExited || random.Next(4) > 0;
            await (isClients ? HostCommand.RunAsync("kill", "-KILL", "--", $"-{take.Id}") : KillAgentAsync(cluster, target));
            await take.WaitForExitAsync(Token);
            Assert.True(backup.FindFault() is null, $"OSO_TEST_SEED={seed}, kill {kill}: {backup.FindFault()}");
            if (Directory.Exists(Path.Combine(backup.Path, "snapshots")))
            {
                // 7 means that no list exists yet.
                CommandResult verify = await cluster.RunAsync("verify", "B");
                Assert.True(
                    verify.ExitStatus == (backup.Lists.Count > 0 ? 0 : 7),
                    $"OSO_TEST_SEED={seed}, kill {kill}: {verify.Output}{verify.Error}");
            }

            if (take.ExitCode == 0)
            {
                done++;
                Directory.Delete(backup.Path, recursive: true);
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {done} backups ended before they were killed");
        cluster.Configure([]);
        await backup.TakeAsync("--keep");
        await backup.VerifiesAsync();
        await backup.PlainToolsAcceptAsync();
        Assert.Empty(backup.Parts);
    }

    [Fact]
    public async Task Interrupted_the_run_tells_how_to_continue_and_the_same_command_continues_with_its_container()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        cluster.Configure(Slow());
        using Process take = cluster.Start("take", Cluster.Pod, "--into", "B");
        take.StandardInput.Close();
        Task<string> error = take.StandardError.ReadToEndAsync(Token);
        await PartsComeAsync(backup);
        await HostCommand.RunAsync("kill", "-INT", "--", $"-{take.Id}");
        await take.WaitForExitAsync(Token);

        Assert.Equal(130, take.ExitCode);
        Assert.Contains("continue:  run the same command again (what was copied stays)", await error, StringComparison.Ordinal);
        Assert.Empty(backup.Lists);
        cluster.Configure([]);
        await backup.TakeAsync();
        Assert.Single(cluster.Containers);
        Assert.Contains(cluster.Exports, export => export.Offset > 0);
        await backup.VerifiesAsync();
        Assert.Empty(backup.Parts);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task Two_clients_fill_one_directory_at_a_time_and_prune_does_not_disturb_them()
    {
        await using TargetContainer first = await TargetContainer.StartAsync();
        await using TargetContainer second = await TargetContainer.StartAsync();
        using Cluster cluster = new(first, second);
        BackupFolder backup = new(cluster);
        cluster.Configure(Slow());
        Process[] takes = [.. new[] { "0", "1" }.Select(pod => cluster.Start("take", "oso-p-prom-svr-" + pod, "--into", "B", "-q"))];
        List<int> prunes = [];
        List<string?> faults = [];
        while (!Array.TrueForAll(takes, take => take.HasExited))
        {
            prunes.Add((await cluster.RunAsync("prune", "B", "--keep-last", "1")).ExitStatus);
            faults.Add(backup.FindFault());
        }

        Assert.All(faults, Assert.Null);
        Assert.All(takes, take => Assert.Equal(0, take.ExitCode));
        Array.ForEach(takes, take => take.Dispose());

        // 2: the directory does not exist yet. 0: no client has begun to use it, or both have ended.
        Assert.Contains(8, prunes);
        Assert.All(prunes, prune => Assert.True(prune is 0 or 2 or 8, $"prune ended with {prune}"));
        Assert.Equal((2, 2), (backup.Blocks.Count, backup.Lists.Count));
        await backup.VerifiesAsync();
        (await cluster.RunAsync("prune", "B", "--keep-last", "1")).Succeeded();
        Assert.Equal((2, 2), (backup.Blocks.Count, backup.Lists.Count));
    }

    [Fact]
    public async Task A_second_client_for_the_same_pod_and_directory_is_told_who_is_at_work()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        BackupFolder backup = new(cluster);
        cluster.Configure(Slow());
        using Process first = cluster.Start("take", Cluster.Pod, "--into", "B", "-q");
        first.StandardInput.Close();
        await PartsComeAsync(backup);

        CommandResult second = await cluster.RunAsync("take", Cluster.Pod, "--into", "B");

        Assert.Equal(8, second.ExitStatus);
        Assert.Contains(
            $"Another client backs up {ApiServer.ApiServer.ClusterUid}/oso.{Cluster.Pod}", second.Error, StringComparison.Ordinal);
        Assert.Contains($"process {first.Id} on ", second.Error, StringComparison.Ordinal);
        await first.WaitForExitAsync(Token);
        Assert.Equal(0, first.ExitCode);
    }

    private static JsonObject Slow() => new() { ["faults"] = new JsonObject { ["bytes_per_second"] = 75_000 } };

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static Task PartsComeAsync(BackupFolder backup) => Eventually.HoldsAsync(
        () => Task.FromResult(backup.Parts.Any(part => part.EndsWith(".gz.part", StringComparison.Ordinal) && new FileInfo(part).Length > 0)),
        () => "no part");

    // Kills the newest agent, if there is one yet.
    private static async Task KillAgentAsync(Cluster cluster, TargetContainer target)
    {
        if (cluster.Containers is [.., var agent])
        {
            await Podman.RunAsync("kill", "--signal", "KILL", $"{target.Name}-{agent}");
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests restores into a running Prometheus that are cut, killed, or doubled.</summary>
public sealed class LiveCrashTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TargetOptions Empty { get; } = BackupFolder.Scraping with { BlockCount = 0 };

    [Fact]
    public async Task After_kills_at_random_moments_each_block_is_whole_and_the_same_command_brings_back_the_others()
    {
        int kills = Number("OSO_TEST_CLIENT_KILLS", 6);
        int seed = Number("OSO_TEST_SEED", Environment.TickCount & 0xFFFF);
        TestContext.Current.SendDiagnosticMessage($"OSO_TEST_SEED={seed}");
        Random random = new(seed);
        await using TargetContainer target = await TargetContainer.StartAsync(Empty);
        using Cluster cluster = new(target);
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 12, bytes: 3 << 20);
        int seen = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using Process restore = cluster.Start("restore", history.Path, "--into", Cluster.Pod, "-q");
            restore.StandardInput.Close();
            await Task.WhenAny(restore.WaitForExitAsync(Token), Task.Delay(random.Next(4000), Token));
            bool isClients = random.Next(2) == 0;
            await (isClients
                ? HostCommand.RunAsync("kill", "-KILL", "--", $"-{restore.Id}")
                : KillAgentAsync(cluster, target));
            if (!isClients)
            {
                await HostCommand.RunAsync("kill", "-INT", "--", $"-{restore.Id}");
            }

            await restore.WaitForExitAsync(Token);
            seen += await LiveHistory.WholeBlocksAsync(cluster, target, $"OSO_TEST_SEED={seed}, kill {kill}");
        }

        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {seen} whole blocks seen after them");
        CommandResult last = (await cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod)).Succeeded();
        Assert.Contains("loaded", last.Error, StringComparison.Ordinal);
        await LiveHistory.WholeBlocksAsync(cluster, target, "at the end");
        await history.RequireSamplesAsync(target);
        await LiveHistory.RequireUnharmedAsync(target);
    }

    [Fact]
    public async Task Cuts_stop_nothing_and_two_restores_at_once_both_end_well()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(Empty);
        using Cluster cluster = new(target);
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 4, bytes: 3 << 20);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_input_bytes"] = 900_001 } });

        CommandResult[] restores = await Task.WhenAll(
            cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod, "-v"),
            cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod, "-v"));

        Assert.All(restores, restore => restore.Succeeded());
        await LiveHistory.WholeBlocksAsync(cluster, target, "at the end");
        await history.RequireSamplesAsync(target);
        Assert.Contains("connection broke", string.Concat(restores.Select(restore => restore.Error)), StringComparison.Ordinal);
    }

    private static async Task KillAgentAsync(Cluster cluster, TargetContainer target)
    {
        if (cluster.Containers is [.., var agent])
        {
            await Podman.RunAsync("kill", "--signal", "KILL", $"{target.Name}-{agent}");
        }
    }

    private static int Number(string variable, int otherwise) => int.Parse(
        Environment.GetEnvironmentVariable(variable) ?? $"{otherwise}", CultureInfo.InvariantCulture);
}

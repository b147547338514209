using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
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
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(5) };
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
            seen += await WholeBlocksAsync(cluster, target, $"OSO_TEST_SEED={seed}, kill {kill}");
        }

        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {seen} whole blocks seen after them");
        CommandResult last = (await cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod)).Succeeded();
        Assert.Contains("loaded", last.Error, StringComparison.Ordinal);
        await WholeBlocksAsync(cluster, target, "at the end");
        await RequireSamplesAsync(history, target);
        Assert.Equal("0", await LiveHistory.MetricAsync(target, "prometheus_tsdb_reloads_failures_total"));
        Assert.Empty((await RootShell.RunAsync("ls \"$0\" | grep tmp-for || true", target.Data)).Trim());
    }

    [Fact]
    public async Task Cuts_stop_nothing_and_two_restores_at_once_both_end_well()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(Empty);
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(5) };
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 4, bytes: 3 << 20);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_input_bytes"] = 900_001 } });

        CommandResult[] restores = await Task.WhenAll(
            cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod, "-v"),
            cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod, "-v"));

        Assert.All(restores, restore => restore.Succeeded());
        await WholeBlocksAsync(cluster, target, "at the end");
        await RequireSamplesAsync(history, target);
        Assert.Contains("connection broke", string.Concat(restores.Select(restore => restore.Error)), StringComparison.Ordinal);
    }

    // The server may have merged the blocks.
    private static async Task RequireSamplesAsync(LiveHistory history, TargetContainer target)
    {
        string missing = await RootShell.RunAsync(
            "export LC_ALL=C; cd \"$3\"; \"$2\" tsdb dump \"$0\" | sort >history.txt; \"$2\" tsdb dump \"$1\" | sort >restored.txt;"
            + " test -s history.txt && comm -23 history.txt restored.txt | head -3",
            history.Path,
            target.Data,
            PrometheusVersion.V2_42.Promtool,
            Directory.CreateTempSubdirectory("oso-dump-").FullName);
        Assert.Equal(string.Empty, missing.Trim());
    }

    // A directory with a block's name must be a whole block at any moment.
    private static async Task<int> WholeBlocksAsync(Cluster cluster, TargetContainer target, string when)
    {
        string copy = Path.Combine(cluster.Folder, "copy");
        string names = await RootShell.RunAsync(
            "rm -rf \"$1\"; mkdir \"$1\"; cd \"$0\"; for block in 0*; do case $block in *.*|'0*') ;; *) cp -r \"$block\" \"$1\";"
            + " echo \"$block\";; esac; done; chmod -R a+rX \"$1\"",
            target.Data,
            copy);
        int count = names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        CommandResult verify = await cluster.RunAsync("verify", copy);
        Assert.True(verify.ExitStatus == (count > 0 ? 0 : 7), $"{when}: {verify.Output}{verify.Error}");
        return count;
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

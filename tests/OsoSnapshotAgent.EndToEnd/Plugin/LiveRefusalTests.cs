using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests what is refused before a byte is written into a running Prometheus, or left out.</summary>
public sealed class LiveRefusalTests
{
    private static TargetOptions Empty { get; } = BackupFolder.Scraping with { BlockCount = 0 };

    [Fact]
    public async Task Blocks_that_would_harm_the_server_are_refused_each_with_its_remedy_and_nothing_is_written()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(
            Empty with { Flags = ["--storage.tsdb.retention.time=10d"] });
        using Cluster cluster = new(target);
        await BackupFolder.HeadHasSamplesAsync(target);
        string before = await ContentAsync(target);
        (LiveHistory History, int Status, string Problem, string Remedy)[] cases =
        [
            (LiveHistory.Generate(cluster, 1, name: "large"), 5, "Not enough room: ", "Add space to the volume"),
            (LiveHistory.Generate(cluster, 1, age: TimeSpan.FromHours(-2), name: "new"), 4, "At its next start, the server would lose its own", "--leave-out-overlap"),
            (LiveHistory.Generate(cluster, 1, age: TimeSpan.FromDays(11), name: "old"), 4, "The server's retention (10d) would delete block ", "--leave-out-expired"),
            (Damaged(cluster), 6, " is damaged: ", "Restore another snapshot"),
        ];

        foreach ((LiveHistory history, int status, string problem, string remedy) in cases)
        {
            string reserve = status == 5 ? "100%" : "0%";
            CommandResult restore = await cluster.RunAsync(
                "restore", history.Path, "--into", Cluster.Pod, "--env", $"OSO_SNAPSHOT_RESERVE={reserve}");

            Assert.True(restore.ExitStatus == status, restore.Error);
            Assert.Contains(problem, restore.Error, StringComparison.Ordinal);
            Assert.Contains(remedy, restore.Error, StringComparison.Ordinal);
            Assert.Equal(before, await ContentAsync(target));
        }

        Assert.Equal("0", await LiveHistory.MetricAsync(target, "prometheus_tsdb_reloads_failures_total"));
    }

    [Fact]
    public async Task A_dry_run_tells_the_plan_and_writes_nothing()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(
            Empty with { Flags = ["--storage.tsdb.retention.time=10d"] });
        using Cluster cluster = new(target);
        await BackupFolder.HeadHasSamplesAsync(target);
        LiveHistory history = LiveHistory.Generate(cluster, 2);
        LiveHistory.Generate(cluster, 1, age: TimeSpan.FromDays(11), name: "history", seed: 8);
        LiveHistory.Generate(cluster, 1, age: TimeSpan.FromHours(-2), name: "history", seed: 9);
        string before = await ContentAsync(target);

        CommandResult restore = (await cluster.RunAsync(
            "restore", history.Path, "--into", Cluster.Pod, "--dry-run", "--leave-out-expired", "--leave-out-overlap")).Succeeded();

        Assert.Contains("4 blocks in ", restore.Error, StringComparison.Ordinal);
        Assert.Contains(": 2 to restore, 0 there already, 2 left out", restore.Error, StringComparison.Ordinal);
        Assert.Contains("is older than the server's retention keeps", restore.Error, StringComparison.Ordinal);
        Assert.Contains("reaches into the server's newest samples", restore.Error, StringComparison.Ordinal);
        Assert.Contains("nothing written: 2 blocks would come, 2 left out", restore.Error, StringComparison.Ordinal);
        Assert.Equal(before, await ContentAsync(target));
    }

    [Theory]
    [InlineData("restore needs a DIRECTORY, or --into POD", "restore", "history")]
    [InlineData("--dry-run needs --into POD", "restore", "history", "restored", "--dry-run")]
    [InlineData("--image needs --into POD", "restore", "history", "restored", "--image", "i")]
    [InlineData("--quiet needs --into POD", "restore", "history", "restored", "-q")]
    [InlineData("DIRECTORY and --owner don't go with --into POD", "restore", "history", "restored", "--into", Cluster.Pod)]
    [InlineData("holds no block", "restore", ".", "--into", Cluster.Pod)]
    [InlineData("--pod and --at need a backup directory", "restore", "history", "--into", Cluster.Pod, "--at", "2026-01-01")]
    public async Task A_wrong_command_line_is_refused(string problem, params string[] arguments)
    {
        using Cluster cluster = new();
        LiveHistory.Generate(cluster, 1);

        CommandResult restore = await cluster.RunAsync(arguments);

        Assert.True(restore.ExitStatus == 2, restore.Error);
        Assert.Contains(problem, restore.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Containers);
    }

    private static LiveHistory Damaged(Cluster cluster)
    {
        LiveHistory history = LiveHistory.Generate(cluster, 1, name: "damaged");
        string segment = Directory.GetFiles(history.Path, "000001", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(segment, bytes);
        return history;
    }

    // Without what the server itself writes all the time.
    private static Task<string> ContentAsync(TargetContainer target) => RootShell.RunAsync(
        "cd \"$0\" && find . -not -path './wal*' -not -path './chunks_head*' -not -name queries.active | sort", target.Data);
}

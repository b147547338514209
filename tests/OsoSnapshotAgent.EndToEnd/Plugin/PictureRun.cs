using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The run of which tests/picture.sh makes the picture in README.md. It writes to OSO_PICTURE_TEXT.</summary>
public sealed class PictureRun
{
    // The time in which the head gets samples.
    private static readonly TimeSpan Scraping = TimeSpan.FromSeconds(5);

    // Slow enough for a bar.
    private const int BytesPerSecond = 20_000_000;

    [Fact(Explicit = true)]
    public async Task One_command_and_what_it_prints()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 3, BlockBytes = 64 << 20 });
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = BytesPerSecond } });
        await Task.Delay(Scraping, TestContext.Current.CancellationToken);
        using Pty terminal = new();

        using Process take = cluster.StartOn(terminal, "take", "-n", "oso");
        await terminal.WaitForAsync("✅ Released");
        await take.WaitForExitAsync(TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(
            Environment.GetEnvironmentVariable("OSO_PICTURE_TEXT")!, terminal.Screen, TestContext.Current.CancellationToken);
    }
}

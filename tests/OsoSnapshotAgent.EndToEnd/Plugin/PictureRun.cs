using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The run of which tests/picture.sh makes the picture in README.md. It writes to OSO_PICTURE_TEXT.</summary>
public sealed class PictureRun
{
    // The time in which the head gets samples.
    private static readonly TimeSpan Scraping = TimeSpan.FromSeconds(5);

    [Fact(Explicit = true)]
    public async Task One_command_and_what_it_prints()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 3, BlockBytes = 16 << 20 });
        using Cluster cluster = new(target);
        await Task.Delay(Scraping, TestContext.Current.CancellationToken);

        CommandResult take = (await cluster.RunInShellAsync(
            "\"$@\" >run.txt 2>&1", "take", "-n", "oso", Cluster.Pod, "--progress", "plain")).Succeeded();

        Assert.Empty(take.Output);
        File.Copy(Path.Combine(cluster.Folder, "run.txt"), Environment.GetEnvironmentVariable("OSO_PICTURE_TEXT")!, overwrite: true);
    }
}

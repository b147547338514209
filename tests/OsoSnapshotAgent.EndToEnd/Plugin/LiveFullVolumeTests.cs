using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests a volume that something else fills, or that turns read-only, beside a restore.</summary>
public sealed class LiveFullVolumeTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public async Task A_volume_that_fills_meanwhile_ends_the_restore_with_whole_blocks_and_with_room_the_rest_comes()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(
            BackupFolder.Scraping with { BlockCount = 0, VolumeBytes = 64 * Mebibyte, Flags = PodOptions.MergesNothing });
        using Cluster cluster = new(target);
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 8, bytes: 4 * Mebibyte);
        string[] restore = ["restore", history.Path, "--into", Cluster.Pod, "--env", "OSO_SNAPSHOT_RESERVE=0%"];

        CommandResult full = await LiveInterval.RunAsync(cluster, target, heldAfter: Mebibyte, restore, async () =>
            await RootShell.RunAsync("head -c 1G /dev/zero >\"$0/filler\" || df \"$0\" | grep -q 100%", target.Data));

        Assert.True(full.ExitStatus == 5, full.Error);
        Assert.Contains("No space left on device", full.Error, StringComparison.Ordinal);
        Assert.Contains("Free or add space there", full.Error, StringComparison.Ordinal);
        await LiveHistory.RequireUnharmedAsync(target);
        int whole = await LiveHistory.WholeBlocksAsync(cluster, target, "with a full volume");
        Assert.InRange(whole, 1, 7);
        await RootShell.RunAsync("rm \"$0/filler\"", target.Data);
        CommandResult rest = (await cluster.RunAsync(restore)).Succeeded();
        Assert.Contains($"{8 - whole} blocks back, {whole} there already", rest.Error, StringComparison.Ordinal);
        await LiveHistory.RequireUnharmedAsync(target);
        await history.RequireSamplesAsync(target);
    }

    [Fact]
    public async Task A_volume_that_is_read_only_is_told_and_nothing_is_written()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockCount = 0 });
        using Cluster cluster = new(target);
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 1);
        string process = (await Podman.RunAsync("inspect", "--format={{.State.Pid}}", target.Name)).Succeeded().Output.Trim();
        await RootShell.RunAsync(
            "nsenter --target \"$0\" --mount --pid /bin/busybox sh -ec '/bin/busybox mount --bind /data /data; /bin/busybox mount -o remount,bind,ro /data'", process);

        CommandResult restore = await cluster.RunAsync("restore", history.Path, "--into", Cluster.Pod);

        Assert.True(restore.ExitStatus == 3, restore.Error);
        Assert.Contains("Read-only file system", restore.Error, StringComparison.Ordinal);
        Assert.Contains("mount it writable", restore.Error, StringComparison.Ordinal);
        Assert.Equal(0, await LiveHistory.WholeBlocksAsync(cluster, target, "on a read-only volume"));
    }
}

/// <summary>The time in the middle of a restore, with whole blocks in place and a part of another.</summary>
internal static class LiveInterval
{
    private const int MinBlocks = 3;
    private const int UlidLetters = 26;

    /// <param name="heldAfter">The bytes after which the connection stands still: those of three blocks and more.</param>
    /// <param name="meanwhile">What happens then.</param>
    /// <returns>The end of the restore.</returns>
    public static async Task<CommandResult> RunAsync(
        Cluster cluster, TargetContainer target, long heldAfter, string[] restore, Func<Task> meanwhile)
    {
        int enough = (await BlocksAsync(target)).Length + (MinBlocks * (UlidLetters + 1));
        string files = string.Empty;
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["hold_input_bytes"] = heldAfter } });
        using Process client = cluster.Start(restore);
        client.StandardInput.Close();
        Task<string> output = client.StandardOutput.ReadToEndAsync();
        Task<string> error = client.StandardError.ReadToEndAsync();
        await Eventually.HoldsAsync(
            async () => client.HasExited || (await StandsStillAsync() && (await BlocksAsync(target)).Length >= enough),
            () => $"no {MinBlocks} whole blocks with a part of another");
        Assert.False(client.HasExited, client.HasExited ? await error : null);
        await meanwhile();
        cluster.Configure([]);
        await client.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return new(string.Join(' ', restore), client.ExitCode, await output, await error);

        // What had passed has reached the volume.
        async Task<bool> StandsStillAsync()
        {
            string before = files;
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            files = await RootShell.RunAsync("find \"$0\" -path '*.tmp-for-creation/*/*' -type f -printf '%p %s\\n' || true", target.Data);
            return files.Length > 0 && files == before;
        }
    }

    /// <returns>The names of the blocks, each on a line.</returns>
    public static Task<string> BlocksAsync(TargetContainer target) =>
        RootShell.RunAsync("cd \"$0\"; ls | grep -x '[0-9A-Z]\\{26\\}' || true", target.Data);
}

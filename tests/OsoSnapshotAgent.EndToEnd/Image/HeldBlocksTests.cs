namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>
/// Tests OSO_SNAPSHOT_ARCHIVE=no: the agent holds the snapshot, and its blocks are copied one by one.
/// </summary>
public sealed class HeldBlocksTests
{
    [Fact]
    public async Task Blocks_are_listed_and_exported_from_any_byte_on_without_an_archive_on_the_volume()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 8 << 20 });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_ARCHIVE", "no"), ("OSO_SNAPSHOT_HOLD", "30m"));
        await agent.WaitForLogAsync("Holding at most 30m for the copy");
        Assert.Equal(["snapshots", "snapshots.log"], target.Artefacts);

        string[][] blocks = [.. (await ShAsync(agent, "oso-snapshot blocks")).TrimEnd('\n').Split('\n').Select(line => line.Split('\t'))];
        Assert.True(blocks.Length > 1, $"{blocks.Length} blocks");

        // Prometheus makes a block of its head if the head has samples already.
        Assert.Equal(
            blocks.Where(block => !Directory.Exists(Path.Combine(target.Data, block[0]))).Select(block => block[0]),
            blocks.Where(block => block[2] == "head").Select(block => block[0]));
        foreach (string[] block in blocks)
        {
            string export = $"oso-snapshot export --block {block[0]}";
            string listing = await ShAsync(agent, $"{export} 2>/dev/null | tar -tz");
            Assert.Contains($"{block[0]}/meta.json\n", listing, StringComparison.Ordinal);

            string whole = await ShAsync(agent, $"{export} 2>/dev/null | sha256sum");
            Assert.Equal(whole, await ShAsync(agent, $"{{ {export} --length 1000; {export} --offset 1000; }} 2>/dev/null | sha256sum"));
            Assert.Contains("sha256 " + whole.Split(' ')[0], await ShAsync(agent, $"{export} 2>&1 >/dev/null"), StringComparison.Ordinal);
        }

        (await agent.ExecAsync("oso-snapshot", "release", "--remove")).Succeeded();
        await agent.EndsWithAsync(0);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_second_run_leaves_held_blocks_alone_and_REMOVE_takes_them_away()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer holding = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_ARCHIVE", "no"), ("OSO_SNAPSHOT_HOLD", "30m"));
        await holding.WaitForLogAsync("Holding at most 30m for the copy");

        AgentContainer second = await target.StartAgentAsync(hasTerminal: false);
        Assert.Contains("Another run holds ", await second.EndsWithAsync(8), StringComparison.Ordinal);

        AgentContainer removal = await target.StartAgentAsync(hasTerminal: false, ("REMOVE", "yes"));
        await removal.EndsWithAsync(0);
        Assert.Contains(" was removed meanwhile: the hold ends.", await holding.EndsWithAsync(0), StringComparison.Ordinal);
    }

    private static async Task<string> ShAsync(AgentContainer agent, string command) =>
        (await agent.ExecAsync("sh", "-c", command)).Succeeded().Output;
}

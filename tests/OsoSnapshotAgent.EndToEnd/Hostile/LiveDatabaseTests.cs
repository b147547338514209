using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests that a directory below snapshots/ to which a server writes is named, and that nothing is deleted.
/// </summary>
public sealed class LiveDatabaseTests
{
    /// <summary>The signs of a live database, at several depths. Only a server's own directory holds them.</summary>
    private static readonly string[] Signs =
    [
        "snapshots/20240101T000000Z-0123456789abcdef/wal/",
        "snapshots/20240101T000000Z-0123456789abcdef/chunks_head/",
        "snapshots/20240101T000000Z-0123456789abcdef/lock",
        "snapshots/restored/wal/",
        "snapshots/wal/",
        "snapshots/lock",
        "snapshots/a/b/c/d/e/chunks_head/",
        "snapshots/20240101T000000Z-0123456789abcdef/01HK1Q2R3S4T5V6W7X8Y9ZABCD/wal/",
    ];

    [Fact]
    public async Task A_run_names_a_live_database_and_deletes_nothing() => await AssertLeftAsync("no");

    [Fact]
    public async Task A_removal_names_a_live_database_and_deletes_nothing() => await AssertLeftAsync("yes");

    [Fact]
    public async Task Release_and_remove_names_a_live_database_and_deletes_nothing()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        foreach (string sign in Signs)
        {
            await AssertReleaseLeavesAsync(pod, sign);
            await RootShell.RunAsync("rm -rf $0/snapshots*", pod.DataDirectory);
        }
    }

    private static async Task AssertReleaseLeavesAsync(PrometheusPod pod, string sign)
    {
        await using RunningAgent agent = await pod.StartHoldingAgentAsync();
        string before = await PlantAsync(pod, sign);

        CommandResult release = await agent.ExecAsync("release", "--remove");

        Assert.True(release.ExitStatus == 6, $"{sign}: status {release.ExitStatus}\n{release.Output}{release.Error}");
        Assert.Contains(Named(sign), release.Error, StringComparison.Ordinal);
        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
        Assert.False(agent.HasEnded, $"{sign}: the hold has ended.");
    }

    private static async Task AssertLeftAsync(string remove)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        foreach (string sign in Signs)
        {
            await Volume.PlantArtefactsAsync(pod.DataDirectory);
            string before = await PlantAsync(pod, sign);

            AgentResult result = await pod.RunAgentAsync(Given.Variables(("REMOVE", remove)));

            Assert.True(result.ExitStatus == 6, $"{sign}: status {result.ExitStatus} ({result.TerminationMessage})");
            Assert.Contains(Named(sign), result.Output, StringComparison.Ordinal);
            Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
            await RootShell.RunAsync("rm -rf $0/snapshots*", pod.DataDirectory);
        }
    }

    // Returns the directory that holds the sign.
    private static string Named(string sign) => Path.GetDirectoryName(sign.TrimEnd('/'))!;

    private static async Task<string> PlantAsync(PrometheusPod pod, string sign)
    {
        string file = sign.EndsWith('/') ? sign + "000001" : sign;
        const string Plant = "cd $0; mkdir -p $(dirname $1); touch $1; chown -R --reference=. snapshots";
        await RootShell.RunAsync(Plant, pod.DataDirectory, file);
        return await Volume.ArtefactsAsync(pod.DataDirectory);
    }
}

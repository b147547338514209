using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using static OsoSnapshotAgent.EndToEnd.Hostile.OddFileTable;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests odd files under the agent's names: each verb ends within seconds and touches no foreign file.
/// </summary>
public sealed class OddFileTests
{
    [Fact]
    public Task A_run_replaces_an_odd_file_or_touches_nothing() => JudgeAsync("run", async (pod, files, cell) =>
    {
        await files.PutAsync(cell.Name, cell.Odd);
        string before = await KindsAsync(pod);

        AgentResult result = await EndAsync(pod, Run);

        string after = await KindsAsync(pod);
        if (cell.IsRefused)
        {
            Assert.Equal(before, after);
        }
        else if (result.ExitStatus == 0)
        {
            await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");

            // A log that can't be the agent's own is left unchanged.
            string log = before.Split('\n').Single(line => line.StartsWith("snapshots.log ", StringComparison.Ordinal));
            Assert.Equal($"snapshots d\n{log}\nsnapshots.tgz f 1\nsnapshots.tgz.sha256 f 1\n", after);
            bool warns = result.Output.Contains("snapshots.log can't be written", StringComparison.Ordinal);
            Assert.Equal(cell.Name == "snapshots.log", warns);
        }

        return result.ExitStatus;
    });

    [Fact]
    public Task REMOVE_deletes_our_names_or_touches_nothing() => JudgeAsync("remove", async (pod, files, cell) =>
    {
        await files.PutAsync(cell.Name, cell.Odd);
        string before = await KindsAsync(pod);

        AgentResult result = await EndAsync(pod, new AgentOptions { Environment = Given.Variables(("REMOVE", "yes")) });

        Assert.Equal(cell.IsRefused ? before : string.Empty, await KindsAsync(pod));
        return result.ExitStatus;
    });

    [Fact]
    public Task Export_prints_no_byte_of_an_odd_file() => JudgeAsync("export", async (pod, files, cell) =>
    {
        await files.PutAsync(cell.Name, cell.Odd);

        AgentResult result = await EndAsync(pod, Run with { Arguments = ["export"] });

        Assert.Equal(cell.IsRefused, result.Output.Length == 0);
        return result.ExitStatus;
    });

    [Fact]
    public Task Verify_follows_no_link() => JudgeAsync("verify", async (pod, files, cell) =>
    {
        await files.PutAsync(cell.Name, cell.Odd);

        return (await EndAsync(pod, Run with { Arguments = ["verify"] })).ExitStatus;
    });

    private static async Task<AgentResult> EndAsync(PrometheusPod pod, AgentOptions options)
    {
        await using RunningAgent agent = await pod.StartAgentAsync(options);
        return await agent.WaitAsync(Limit);
    }
}

using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Tests odd files that take the place of the agent's own while the agent waits for the copy.</summary>
public sealed class OddFileHoldTests
{
    [Fact]
    public Task Release_and_remove_deletes_our_names_or_touches_nothing() => OddFileTable.JudgeAsync(
        "release", (pod, files, cell) => WhileItHoldsAsync(pod, files, cell, async agent =>
        {
            string before = await OddFileTable.KindsAsync(pod);
            CommandResult release = await agent.ExecAsync("release", "--remove").WaitAsync(OddFileTable.Limit);
            if (HasAnswered(release.ExitStatus))
            {
                string after = await OddFileTable.KindsAsync(pod);
                string expected = cell.IsRefused ? before : string.Empty;
                Assert.True(after == expected, $"status {release.ExitStatus}, {release.Error}left:\n{after}of:\n{before}");
                await (cell.IsRefused ? Task.CompletedTask : agent.WaitAsync(OddFileTable.Limit));
            }

            return release.ExitStatus;
        }));

    [Fact]
    public Task Status_answers_with_any_odd_file() => OddFileTable.JudgeAsync(
        "status", (pod, files, cell) => WhileItHoldsAsync(
            pod, files, cell, async agent => (await agent.ExecAsync("status").WaitAsync(OddFileTable.Limit)).ExitStatus));

    // Twice a second, the agent checks whether the archive exists, and ends if it does not.
    private static async Task<int> WhileItHoldsAsync(
        PrometheusPod pod, OddFiles files, Cell cell, Func<RunningAgent, Task<int>> ask)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            await files.ClearAsync();
            await using RunningAgent agent = await pod.StartHoldingAgentAsync(OddFileTable.Run);
            await files.ReplaceAsync(cell.Name, cell.Odd);
            int status = await ask(agent);
            if (HasAnswered(status))
            {
                return status;
            }

            await agent.WaitAsync(OddFileTable.Limit);
        }

        throw new InvalidOperationException("The hold always ended before it could be asked.");
    }

    // An agent that is about to end refuses the request (8). Then nobody answers (3), and its namespaces are gone (1).
    private static bool HasAnswered(int status) => status is not (1 or 3 or 8);
}

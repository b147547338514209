using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Tests odd files that take the place of the agent's own while the agent waits for the copy.</summary>
public sealed class OddFileHoldTests
{
    [Fact]
    public Task Release_and_remove_deletes_our_names_or_touches_nothing() =>
        OddFileTable.JudgeAsync("release", ReleaseAsync);

    [Fact]
    public Task Status_answers_with_any_odd_file() => OddFileTable.JudgeAsync("status", async (pod, files, cell) =>
    {
        await files.ClearAsync();
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(OddFileTable.Run);
        await files.ReplaceAsync(cell.Name, cell.Odd);

        return (await agent.ExecAsync("status").WaitAsync(OddFileTable.Limit)).ExitStatus;
    });

    private static async Task<int> ReleaseAsync(PrometheusPod pod, OddFiles files, Cell cell)
    {
        int? status = null;
        for (int attempt = 0; attempt < 3 && status is null; attempt++)
        {
            status = await ReleaseInTimeAsync(pod, files, cell);
        }

        return status ?? throw new InvalidOperationException("The hold always ended before it could be released.");
    }

    /// <returns>null if the hold had ended: the agent checks twice a second whether the archive exists.</returns>
    private static async Task<int?> ReleaseInTimeAsync(PrometheusPod pod, OddFiles files, Cell cell)
    {
        await files.ClearAsync();
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(OddFileTable.Run);
        await files.ReplaceAsync(cell.Name, cell.Odd);
        string before = await OddFileTable.KindsAsync(pod);

        CommandResult release = await agent.ExecAsync("release", "--remove").WaitAsync(OddFileTable.Limit);

        // An agent that is about to end refuses the request. After it has ended, nobody answers.
        if (release.ExitStatus is 3 or 8)
        {
            await agent.WaitAsync(OddFileTable.Limit);
            return null;
        }

        string after = await OddFileTable.KindsAsync(pod);
        string expected = cell.IsRefused ? before : string.Empty;
        Assert.True(after == expected, $"status {release.ExitStatus}, {release.Error}left:\n{after}of:\n{before}");
        if (!cell.IsRefused)
        {
            await agent.WaitAsync(OddFileTable.Limit);
        }

        return release.ExitStatus;
    }
}

using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Something odd that takes the place of a file of ours while an agent waits for the copy.</summary>
public sealed class OddFileHoldTests
{
    [Fact]
    public Task Release_and_remove_deletes_our_names_or_touches_nothing() =>
        OddFileTable.JudgeAsync("release", ReleaseAsync);

    [Fact]
    public Task Status_answers_whatever_lies_there() => OddFileTable.JudgeAsync("status", async (pod, files, cell) =>
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

    /// <returns>null where the hold had ended: it looks twice a second whether the archive is there.</returns>
    private static async Task<int?> ReleaseInTimeAsync(PrometheusPod pod, OddFiles files, Cell cell)
    {
        await files.ClearAsync();
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(OddFileTable.Run);
        await files.ReplaceAsync(cell.Name, cell.Odd);
        string before = await OddFileTable.KindsAsync(pod);

        CommandResult release = await agent.ExecAsync("release", "--remove").WaitAsync(OddFileTable.Limit);

        // It is refused by an agent that is about to end, and nobody answers after that.
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

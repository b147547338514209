using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Ends the agent's hold. Only the agent's own answer counts: a container that has ended may have been killed at work.
/// </summary>
internal sealed class AgentRelease(AgentRun run, bool isKept)
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private PodAccess Access => run.Agent.Access;

    /// <exception cref="OperatorException">
    /// With <see cref="ExitStatus.NotTidiedUp"/>: the agent gave no answer, or could not remove everything.
    /// </exception>
    public async Task RunAsync(CancellationToken token)
    {
        string[] words =
        [
            "release", .. isKept ? (string[])[] : ["--remove"], "--client", run.Name, "--json",
        ];
        ControlAnswer? answer = null;

        // After the end of this run, the agent may have another client's.
        for (int attempt = 1; run.End is null; attempt++)
        {
            (answer, RemoteAnswer raw) = await run.Agent.ControlAsync(words, token);
            if (answer is { ExitStatus: (int)ExitStatus.Done } || await HasEndedAsync(answer, token))
            {
                break;
            }

            if (answer?.Problem is { } problem)
            {
                throw NotTidiedUp($"the agent could not remove everything: {problem}", answer.Remedy);
            }

            if (attempt == MaxAttempts)
            {
                throw NotTidiedUp($"the container could not be released: {raw.ErrorText}", remedy: null);
            }

            await Task.Delay(TimeSpan.FromSeconds(attempt), token);
        }

        if (answer is not { ExitStatus: (int)ExitStatus.Done })
        {
            RequireKept();
        }

        Access.Report.Say(
            isKept
                ? "✅ Released; the archive stays on the volume"
                : "✅ Released; the agent has removed this run's files and all snapshots");
    }

    private async Task<bool> HasEndedAsync(ControlAnswer? answer, CancellationToken token) =>
        run.End is not null
        || (answer is { ExitStatus: (int)ExitStatus.Busy } && await run.AwaitEndAsync(EndLimit, token) is not null);

    private void RequireKept()
    {
        if (!isKept)
        {
            throw NotTidiedUp(
                $"the container ended (status {run.End!.ExitStatus}) without an answer: what the agent has removed is"
                + " unknown",
                remedy: null);
        }
    }

    private OperatorException NotTidiedUp(string why, string? remedy) => new(
        ExitStatus.NotTidiedUp,
        $"The copy is right, but {why}.",
        remedy ?? (isKept
            ? $"the container ends by itself after its hold; {Access.Command("status")} shows it"
            : $"{Access.RemoveCommand()} has the agent remove its own files and all snapshots"));
}

using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>Tells what a container waits for until its agent answers, and why it never will.</summary>
internal sealed class StartReport(PodAccess access, string container)
{
    // A shell's statuses for a program that can't be run or found (POSIX, 2.8.2).
    private const int NotRunnable = 126;
    private const int NotFound = 127;

    private string _shown = string.Empty;
    private ContainerState? _state;

    private string CheckImage => $"check --image ({access.Start.Image}): it must be the agent's image of version"
        + $" {AgentVersions.Range}";

    /// <param name="pod">null if it can't be read now.</param>
    /// <param name="answer">What came in place of the agent's answer.</param>
    /// <exception cref="RunEndedException">The agent will not answer.</exception>
    public void Judge(V1Pod? pod, RemoteAnswer answer)
    {
        ContainerState? state = pod?.StateOf(container);
        _state = state ?? _state;
        if (answer.Refusal is { Code: 403 } refusal)
        {
            OperatorException why = ClusterErrors.Explain(refusal, "The agent can't be told what to do", access.Place);
            throw new RunEndedException(why.Status, why.Message, why.Remedy);
        }

        if (state is { CanNotStart: true })
        {
            throw new RunEndedException(
                ClientStatus.Failed,
                $"The container can't start, {state.Reason}: {state.Message}",
                $"check --image ({access.Start.Image}) and the pod's pull secrets. If container {container} still"
                + " starts, it touches nothing and ends by itself");
        }

        if (state is { HasEnded: true })
        {
            throw Ended(pod, state);
        }

        if (answer.ExitCode is NotRunnable or NotFound)
        {
            throw new RunEndedException(
                ClientStatus.Failed, $"The image {access.Start.Image} has no agent: {answer.ErrorText}", CheckImage);
        }

        if (state is { Reason.Length: > 0 } && state.Reason != _shown)
        {
            _shown = state.Reason;
            access.Report.Say($"  waiting: {_shown}");
        }
    }

    /// <returns>The failure of a container that has not started in time.</returns>
    public RunEndedException TooLate(RemoteAnswer answer)
    {
        string reason = _state is { Reason.Length: > 0 } ? $" ({_state.Reason})" : string.Empty;
        string why = _state is { Message.Length: > 0 } ? _state.Message : answer.ErrorText;
        return new(
            ClientStatus.Failed,
            $"The container has not started within {access.Start.Timeout.TotalSeconds:0} s{reason}: {why}",
            $"see kubectl describe pod {access.Pod}{access.Flags.Text}, or give a longer --timeout. If container"
            + $" {container} still starts, it touches nothing and ends by itself");
    }

    private RunEndedException Ended(V1Pod? pod, ContainerState state)
    {
        string message = state.Message.Length > 0 ? $": {state.Message}" : string.Empty;
        string cause = TargetEnd.Describe(pod, state.ExitCode, state.EndedAt ?? TimeProvider.System.GetUtcNow());
        return new(
            ClientStatus.Failed,
            $"Container {container} ended before its agent could be told what to do (status {state.ExitCode})"
            + message + (cause.Length > 0 ? "." : string.Empty) + cause,
            cause.Length > 0
                ? "once Prometheus is ready, run the same command again"
                : $"{CheckImage}; see {access.LogCommand(container)}");
    }
}

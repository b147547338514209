using System.Text.RegularExpressions;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// A container that only sleeps; the agent runs through exec, so that its standard output comes here.
/// </summary>
internal sealed partial class IdleContainer(AgentContainer agent)
{
    // Kubernetes replaces $$ and $(NAME), but not $pid. At SIGTERM the shell reaps its sleep, which would be a zombie
    // of Prometheus' otherwise.
    private const string Script =
        "trap \"kill \\$!; wait; exit 0\" TERM; sleep 43200 &"
        + " read -r pid rest </proc/self/stat; echo \"idle $pid\"; wait";

    private bool _isRequested;

    public AgentContainer Agent => agent;

    /// <exception cref="RunEndedException">It does not run.</exception>
    public async Task StartAsync(string target, CancellationToken token)
    {
        _isRequested = true;
        await agent.RequestAsync(target, [], ["sh", "-c", Script], token);
        AgentState state = await agent.AwaitStartAsync(token);
        if (state.HasEnded)
        {
            throw await agent.FailureAsync(state, token);
        }
    }

    public async Task StopAsync(CancellationToken token)
    {
        if (!_isRequested)
        {
            return;
        }

        KubectlAnswer log = await agent.Access.Kubectl.RunAsync(["logs", agent.Access.Pod, "-c", agent.Name], token);
        if (IdleLine().Match(log.Output) is { Success: true } line)
        {
            await agent.RunAsync(["sh", "-c", "kill " + line.Groups[1].Value], token);
        }
    }

    [GeneratedRegex("^idle ([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex IdleLine();
}

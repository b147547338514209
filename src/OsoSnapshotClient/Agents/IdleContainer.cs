using System.Text.RegularExpressions;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// A container that only sleeps. The agent runs in it through exec, so that the client gets its standard output.
/// </summary>
internal static partial class IdleContainer
{
    // busybox is both the shell and the sleep: they share memory pages. Kubernetes replaces $$ and $(NAME), but not
    // $pid. At SIGTERM the shell reaps its sleep, which would otherwise become a zombie child of Prometheus.
    private const string Script =
        "trap \"kill \\$!; wait; exit 0\" TERM; sleep \"$0\" &"
        + " read -r pid rest </proc/self/stat; echo \"idle $pid\"; wait";

    /// <summary>
    /// Starts a container with the settings of one run, unless the run has a resident container. The container ends by
    /// itself after 12 hours if the client can't end it.
    /// </summary>
    /// <exception cref="NotResumableException">The container does not run.</exception>
    public static Task StartForOneRunAsync(AgentContainer run, string target, CancellationToken token) =>
        run is ResidentRun ? Task.CompletedTask : StartAsync(run, target, run.Variables([]), "43200", token);

    /// <summary>Ends the container, unless it stays for other runs.</summary>
    public static Task EndAfterOneRunAsync(AgentContainer run, CancellationToken token) =>
        run is ResidentRun ? Task.CompletedTask : EndAsync(run, token);

    /// <summary>Starts a container for many runs, each with its own settings.</summary>
    /// <exception cref="NotResumableException">The container does not run.</exception>
    public static Task StartToStayAsync(AgentContainer agent, string target, CancellationToken token) =>
        StartAsync(agent, target, [], "infinity", token);

    public static async Task EndAsync(AgentContainer agent, CancellationToken token)
    {
        KubectlAnswer log = await agent.Access.Kubectl.RunAsync(["logs", agent.Access.Pod, "-c", agent.Name], token);
        if (IdleLine().Match(log.Output) is { Success: true } line)
        {
            await agent.RunAsync(["sh", "-c", "kill " + line.Groups[1].Value], token);
        }
    }

    private static async Task StartAsync(
        AgentContainer agent, string target, IReadOnlyList<string> variables, string sleep, CancellationToken token)
    {
        await agent.RequestContainerAsync(target, variables, ["ash", "-c", Script, sleep], token);
        AgentState state = await agent.AwaitStartAsync(token);
        if (state.HasEnded)
        {
            throw await agent.FailureAsync(state, token);
        }
    }

    [GeneratedRegex("^idle ([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex IdleLine();
}

using System.Text.RegularExpressions;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// A container that only sleeps; the agent runs through exec, so that its standard output comes here.
/// </summary>
internal static partial class IdleContainer
{
    // busybox is its shell and its sleep: both share its pages. Kubernetes replaces $$ and $(NAME), but not $pid. At
    // SIGTERM the shell reaps its sleep, which would be a zombie of Prometheus' otherwise.
    private const string Script =
        "trap \"kill \\$!; wait; exit 0\" TERM; sleep \"$0\" &"
        + " read -r pid rest </proc/self/stat; echo \"idle $pid\"; wait";

    /// <summary>
    /// For one run, whose settings it knows, unless that run has a container already; it ends by itself should nobody
    /// end it.
    /// </summary>
    /// <exception cref="RunEndedException">It does not run.</exception>
    public static Task StartForOneRunAsync(AgentContainer run, string target, CancellationToken token) =>
        run is ResidentRun ? Task.CompletedTask : StartAsync(run, target, run.Variables([]), "43200", token);

    /// <summary>Ends it, unless it stays for other runs.</summary>
    public static Task EndAfterOneRunAsync(AgentContainer run, CancellationToken token) =>
        run is ResidentRun ? Task.CompletedTask : EndAsync(run, token);

    /// <summary>For many runs, each with its own settings.</summary>
    /// <exception cref="RunEndedException">It does not run.</exception>
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

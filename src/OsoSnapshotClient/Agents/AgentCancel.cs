using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>Ends a run in any phase. On SIGTERM the agent removes what it has made.</summary>
internal static class AgentCancel
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(2);

    // Prometheus' processes are visible here too. Only this container's own have its mount namespace.
    private const string Script = """
        own=$(readlink /proc/self/ns/mnt)
        for process in /proc/[0-9]*; do
          if [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$own" ]; then
            case "$(readlink "$process/exe" 2>/dev/null)" in
              */oso-snapshot) kill -TERM "${process#/proc/}" ;;
            esac
          fi
        done
        """;

    /// <returns>The container's state after the end.</returns>
    /// <exception cref="OperatorException">The run could not be ended.</exception>
    public static async Task<AgentState> RunAsync(AgentContainer agent, CancellationToken token)
    {
        // SIGTERM would leave a finished archive on the volume for a later run: release --remove deletes that too.
        KubectlAnswer answer = await agent.AskAsync(["release", "--remove"], token);
        if (!answer.Output.Contains("The hold ends", StringComparison.Ordinal))
        {
            answer = await agent.RunAsync(["sh", "-c", Script], token);
        }

        return await agent.AwaitEndAsync(EndLimit, token) ?? throw new OperatorException(
            ClientStatus.Failed,
            $"Container {agent.Name} of pod {agent.Access.Pod} could not be ended: {answer.ErrorText}",
            $"see kubectl logs {agent.Access.Pod} -c {agent.Name}{agent.Access.Flags.Text}");
    }
}

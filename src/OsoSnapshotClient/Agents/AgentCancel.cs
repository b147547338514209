using OsoSnapshot.Formats;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>Ends a run at any phase: SIGTERM has the agent take back what it has made.</summary>
internal static class AgentCancel
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(2);

    // Containers of a pod share their process namespace here: the agent is the one with this container's own mounts.
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

    /// <returns>Its state at the end.</returns>
    /// <exception cref="OperatorException">It could not be ended.</exception>
    public static async Task<AgentState> RunAsync(AgentContainer agent, CancellationToken token)
    {
        // An archive that is held is what a later run may want: asked for, it goes too.
        KubectlAnswer answer = await agent.AskAsync(["release", "--remove"], token);
        if (!answer.Output.Contains("The hold ends", StringComparison.Ordinal))
        {
            answer = await agent.RunAsync(["sh", "-c", Script], token);
        }

        return await agent.AwaitEndAsync(EndLimit, token) ?? throw new OperatorException(
            ClientStatus.Failed,
            $"Container {agent.Name} of pod {agent.Access.Pod} could not be ended: {answer.ErrorText}",
            $"kubectl logs {agent.Access.Pod} -c {agent.Name}{agent.Access.Flags.Text}");
    }
}

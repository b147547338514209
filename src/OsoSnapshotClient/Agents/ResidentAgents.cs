using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Containers that stay in a pod and wait between runs. Without them each run adds a container, because Kubernetes
/// never removes an ephemeral container from a pod.
/// </summary>
internal sealed class ResidentAgents(PodAccess access, V1Pod pod, string target)
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);

    /// <param name="isRequired">Whether only such a container will do, if there is one.</param>
    /// <param name="identity">The identity that the run needs; null for any.</param>
    /// <returns>An idle container of this image beside the target; null if there is none.</returns>
    /// <exception cref="OperatorException">Each container that stays is at work, or does not answer.</exception>
    public async Task<string?> FindIdleAsync(bool isRequired, AgentIdentity? identity, CancellationToken token)
    {
        string[] names =
        [
            .. pod.ResidentContainers(access.Start.Image, target).Where(name => Fits(name, identity)),
        ];
        foreach (string name in names)
        {
            if (await IsIdleAsync(new(access, name), token) == true)
            {
                return name;
            }
        }

        return isRequired && names.Length > 0
            ? throw new OperatorException(
                ExitStatus.Busy,
                $"Container {names[0]} of pod {access.Pod} is at work on another run, or does not answer.",
                $"{access.Command("status")} shows that run; {access.Command("cancel")} ends it")
            : null;
    }

    /// <summary>Ends the containers that wait.</summary>
    public async Task EndAsync(CancellationToken token)
    {
        string[] names = [.. pod.ResidentContainers(image: null, target: null)];
        foreach (string name in names)
        {
            RemoteAnswer answer = await new RemoteAgent(access, name).AskAsync(["quit"], token);
            if (answer.ExitCode == (int)ExitStatus.Done)
            {
                bool hasEnded = await AwaitEndAsync(name, token);
                access.Report.Say(
                    hasEnded ? $"✅ Container {name} has ended" : $"Container {name} has been told to end");
            }
            else
            {
                access.Report.Warn(
                    $"⚠️ Container {name} was not ended: {answer.ErrorText}. {access.Command("status")} shows its run");
            }
        }

        if (names.Length == 0)
        {
            access.Report.Say($"Pod {access.Pod} has no container that stays");
        }
    }

    /// <returns>Whether the agent waits for a run; null if none answers.</returns>
    public static async Task<bool?> IsIdleAsync(RemoteAgent agent, CancellationToken token)
    {
        try
        {
            return !(await agent.StatusAsync(token))?.IsAtWork();
        }
        catch (OperatorException)
        {
            // It is an agent of another version.
            return null;
        }
    }

    private bool Fits(string name, AgentIdentity? identity)
    {
        long? user = pod.Spec.EphemeralContainers.FirstOrDefault(one => one.Name == name)?.SecurityContext?.RunAsUser;
        return identity is null || user is null || user == identity.User;
    }

    private async Task<bool> AwaitEndAsync(string name, CancellationToken token)
    {
        for (TimeSpan waited = TimeSpan.Zero; waited < EndLimit; waited += Interval)
        {
            if ((await access.TryReadPod(token))?.StateOf(name) is { HasEnded: true })
            {
                return true;
            }

            await Task.Delay(Interval, token);
        }

        return false;
    }
}

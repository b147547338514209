using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Containers that stay in a pod and sleep between runs. Without them each run adds a container, because Kubernetes
/// never removes an ephemeral container from a pod.
/// </summary>
internal sealed class ResidentAgents(PodAccess access, PodWatch watch, TimeProvider time)
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    /// <param name="pod">The pod as it is now.</param>
    /// <param name="staysAfter">If no container is idle, one is started that stays.</param>
    /// <returns>A run that has not started, in an idle container or in a container of its own.</returns>
    /// <exception cref="OperatorException">Each container that stays is at work, or does not answer.</exception>
    public async Task<AgentContainer> ChooseAsync(
        Pod pod, string target, bool staysAfter, CancellationToken token)
    {
        string[] names = [.. pod.ResidentContainers(access.Start.Image, target)];
        foreach (string name in names)
        {
            if (await ResidentRun.ReadRunAsync(Container(name), token) is { Length: 0 })
            {
                return RunIn(name);
            }
        }

        if (!staysAfter)
        {
            return AgentContainer.New(access, watch, time);
        }

        if (names.Length > 0)
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Container {names[0]} of pod {access.Pod} is at work on another run, or does not answer.",
                $"{access.Command("status")} shows that run; {access.Command("cancel")} ends it");
        }

        AgentContainer container = AgentContainer.New(access, watch, time, Pod.ResidentPrefix);
        await IdleContainer.StartToStayAsync(container, target, token);
        access.Report.Say(
            $"Container {container.Name} stays for later runs, until {access.Command("remove --resident")}");
        return RunIn(container.Name);
    }

    /// <summary>Ends the containers that sleep.</summary>
    public async Task EndAsync(Pod pod, CancellationToken token)
    {
        string[] names = [.. pod.ResidentContainers()];
        foreach (string name in names)
        {
            AgentContainer container = Container(name);
            if (await ResidentRun.ReadRunAsync(container, token) is not { Length: 0 })
            {
                access.Report.Warn(
                    $"⚠️ Container {name} is at work and was not ended. {access.Command("status")} shows its run");
                continue;
            }

            await IdleContainer.EndAsync(container, token);
            bool hasEnded = await container.AwaitEndAsync(EndLimit, token) is not null;
            access.Report.Say(hasEnded ? $"✅ Container {name} has ended" : $"Container {name} has been told to end");
        }

        if (names.Length == 0)
        {
            access.Report.Say($"Pod {access.Pod} has no container that stays");
        }
    }

    private AgentContainer Container(string name) => new(access, watch, name, startBefore: null);

    private ResidentRun RunIn(string container) => new(access, watch, container, AgentContainer.NewName(time));
}

using OsoSnapshot.Formats;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Containers that stay in a pod and sleep, for runs through exec. Kubernetes never removes an ephemeral container from
/// a pod: without them each run adds one.
/// </summary>
internal sealed class ResidentAgents(PodAccess access, PodWatch watch, TimeProvider time)
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    /// <param name="pod">As it is now.</param>
    /// <param name="staysAfter">Where none is idle, one is started that stays.</param>
    /// <returns>A run that has not begun: in one that is idle, or in a container of its own.</returns>
    /// <exception cref="OperatorException">One would have to be started beside one that is at work.</exception>
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
                $"{access.Command("status")} tells more; {access.Command("cancel")} ends that run");
        }

        AgentContainer container = AgentContainer.New(access, watch, time, Pod.ResidentPrefix);
        await IdleContainer.StartToStayAsync(container, target, token);
        access.Report.Say(
            $"Container {container.Name} stays for later runs, until {access.Command("remove --resident")}");
        return RunIn(container.Name);
    }

    /// <summary>Ends those that sleep.</summary>
    public async Task EndAsync(Pod pod, CancellationToken token)
    {
        string[] names = [.. pod.ResidentContainers()];
        foreach (string name in names)
        {
            AgentContainer container = Container(name);
            if (await ResidentRun.ReadRunAsync(container, token) is not { Length: 0 })
            {
                access.Report.Warn(
                    $"⚠️ Container {name} is at work, and stays. {access.Command("status")} tells more");
                continue;
            }

            await IdleContainer.EndAsync(container, token);
            bool hasEnded = await container.AwaitEndAsync(EndLimit, token) is not null;
            access.Report.Say(hasEnded ? $"✅ Container {name} has ended" : $"Container {name} has been told to end");
        }

        if (names.Length == 0)
        {
            access.Report.Say($"No container stays in pod {access.Pod}");
        }
    }

    private AgentContainer Container(string name) => new(access, watch, name, startBefore: null);

    private ResidentRun RunIn(string container) => new(access, watch, container, AgentContainer.NewName(time));
}

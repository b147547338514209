using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Verbs;

/// <summary>Has the agent remove its own files and all snapshots from the volume.</summary>
/// <param name="endsResidents">Whether the containers that stay for later runs are ended too.</param>
internal sealed class RemoveRun(PodAccess access, bool endsResidents, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        Preflight preflight = await Preflight.RunAsync(access, watch, needsRights: false, token);
        ResidentAgents residents = new(preflight.Access, watch, time);
        AgentContainer agent = await residents.ChooseAsync(
            preflight.Pod, preflight.Target.Name, staysAfter: false, token);
        await RunAsync(agent, preflight.Target.Name, watch, token);
        if (endsResidents)
        {
            await residents.EndAsync(preflight.Pod, token);
        }

        return new(access.Pod, 0);
    }

    /// <exception cref="OperatorException">Not everything is removed, or the result is unknown.</exception>
    public static async Task RunAsync(AgentContainer agent, string target, PodWatch watch, CancellationToken token)
    {
        PodAccess access = agent.Access;
        await agent.RequestAsync(target, ["REMOVE=yes"], token);
        await agent.AwaitStartAsync(token);
        AgentState end = await agent.AwaitEndAsync(Limit, token) ?? throw new OperatorException(
            ClientStatus.Failed,
            $"The removal has not ended within ten minutes: {watch.ProblemText}",
            $"see kubectl logs {access.Pod} -c {agent.Name}{access.Flags.Text}");
        if (end.ExitCode != 0)
        {
            throw await agent.FailureAsync(end, token);
        }

        await agent.Log.ShowRestAsync(token);
        access.Report.Say($"✅ {access.Pod}: {(end.Message.Length > 0 ? end.Message : "removed")}");
    }
}

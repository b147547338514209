using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Starts a run: in an idle container that stays in the pod, or in one of its own. A container does nothing until it
/// is told, so one that starts after its client has given up changes nothing.
/// </summary>
internal sealed class AgentStart(KubernetesCluster cluster, PodAccess access, V1Pod pod, string target)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    // The kubelet reports a start some seconds late.
    private static readonly TimeSpan KubeletDelay = TimeSpan.FromSeconds(5);

    private readonly ResidentAgents _residents = new(access, pod, target);

    /// <summary>The agent that was chosen; null before.</summary>
    public RemoteAgent? Agent { get; private set; }

    /// <summary>The name of the run that the agent is told; null before.</summary>
    public string? RunName { get; private set; }

    /// <summary>The run that the agent has begun; null before.</summary>
    public AgentRun? Run { get; private set; }

    /// <returns>A name that no container and no run of this pod has.</returns>
    public static string NewName(string prefix = PodExtensions.AgentPrefix)
    {
        string stamp = TimeProvider.System.GetUtcNow().UtcDateTime.ToString(
            "yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        return $"{prefix}{stamp}-{RandomNumberGenerator.GetInt32(100_000)}";
    }

    /// <summary>
    /// Starts a run and follows it until it is that far. If Prometheus has another identity than the pod tells, the run
    /// is started once more with that.
    /// </summary>
    /// <param name="staysAfter">Whether the container stays for later runs.</param>
    /// <param name="chosen">Gets the agent and the run's name before anything is requested.</param>
    /// <exception cref="RunEndedException">The run could not begin, or ended before it was that far.</exception>
    public async Task<RunStatus> RunAsync(
        StartRequest request,
        bool staysAfter,
        Action<RemoteAgent, string> chosen,
        Predicate<RunStatus> isReached,
        CancellationToken token)
    {
        AgentIdentity? identity = access.Start.Identity ?? AgentIdentity.Of(pod, target);
        for (bool isFirst = true; ; isFirst = false)
        {
            await BeginAsync(request, staysAfter, identity, chosen, token);
            try
            {
                return await Run!.WaitAsync(isReached, token);
            }
            catch (RunEndedException e) when (
                isFirst && access.Start.Identity is null && Needed(e, identity) is { } needed)
            {
                access.Report.Say($"Prometheus runs as {needed}: starting the agent once more with that identity");
                await Run!.DisposeAsync();
                (Run, identity) = (null, needed);
                request = request with { Run = NewName() };
            }
        }
    }

    /// <summary>Continues a run of an earlier client.</summary>
    public void Adopt(RemoteAgent agent, string run) =>
        (Agent, RunName, Run) = (agent, run, AgentRun.Follow(agent, run));

    private static AgentIdentity? Needed(RunEndedException end, AgentIdentity? tried) =>
        AgentIdentity.TryParse(end.End?.NeededIdentity) is { } needed && needed != tried ? needed : null;

    private async Task BeginAsync(
        StartRequest request,
        bool staysAfter,
        AgentIdentity? identity,
        Action<RemoteAgent, string> chosen,
        CancellationToken token)
    {
        RunName = request.Run;
        bool isNew = await ChooseAsync(staysAfter, identity, agent => chosen(agent, request.Run), token);
        await TellAsync(Agent!, request, token);
        Run = AgentRun.Follow(Agent!, request.Run);
        if (isNew && staysAfter)
        {
            access.Report.Say(
                $"Container {Agent!.Container} stays for later runs, until {access.RemoveCommand(endsResident: true)}");
        }
    }

    /// <summary>Starts a container that is told nothing yet, or takes an idle one that stays.</summary>
    /// <param name="needed">The identity that Prometheus was found to have; null before.</param>
    /// <param name="isResident">Whether it stays until its pod ends.</param>
    /// <exception cref="RunEndedException">No agent answers.</exception>
    public async Task<RemoteAgent> StartIdleAsync(
        AgentIdentity? needed, CancellationToken token, bool isResident = false)
    {
        AgentIdentity? identity = needed ?? access.Start.Identity ?? AgentIdentity.Of(pod, target);
        await ChooseAsync(isResident, identity, _ => { }, token);
        RemoteAgent agent = Agent!;
        await UntilAnsweredAsync(
            agent,
            async () =>
            {
                RemoteAnswer answer = await agent.AskAsync(["status", "--json"], token);
                return (answer.ExitCode == (int)ExitStatus.Done, answer);
            },
            token);
        return agent;
    }

    /// <summary>Takes an idle container that stays, or asks for a new one.</summary>
    /// <param name="chosen">Gets the agent before anything is requested.</param>
    /// <returns>Whether it is a new one.</returns>
    private async Task<bool> ChooseAsync(
        bool isResident, AgentIdentity? identity, Action<RemoteAgent> chosen, CancellationToken token)
    {
        string? idle = await _residents.FindIdleAsync(isResident, identity, token);
        string name = idle ?? NewName(isResident ? PodExtensions.ResidentPrefix : PodExtensions.AgentPrefix);
        Agent = new(access, name);
        chosen(Agent);
        if (idle is null)
        {
            access.Report.Say($"Starting container {name} beside {target} in pod {access.Pod}");
            await RequestAsync(name, isResident, identity, token);
        }

        return idle is null;
    }

    private async Task RequestAsync(
        string name, bool isResident, AgentIdentity? identity, CancellationToken token)
    {
        ContainerSpec spec = new()
        {
            Name = name,
            Target = target,
            Start = access.Start,
            Identity = identity,
            IsResident = isResident,
            CanTrace = identity is { IsRoot: true },
        };
        try
        {
            await AddAsync(spec, token);
        }
        catch (ClusterException e)
        {
            OperatorException why = ClusterErrors.Explain(
                e, $"Container {name} can't be added to the pod", access.Place);
            throw new RunEndedException(why.Status, why.Message, why.Remedy);
        }
    }

    private async Task AddAsync(ContainerSpec spec, CancellationToken token)
    {
        try
        {
            await cluster.AddEphemeralContainerAsync(access.Pod, spec.ToJson(), isDryRun: false, token);
        }
        catch (ClusterException e) when (e.Code == 403 && spec.CanTrace)
        {
            // The namespace's policy allows no added capability.
            await AddAsync(spec with { CanTrace = false }, token);
        }
        catch (ClusterException e) when (e.Code == 0)
        {
            // The connection broke: the request may have been carried out.
            if ((await cluster.ReadPodAsync(access.Pod, token)).HasEphemeralContainer(spec.Name) != true)
            {
                throw;
            }
        }
    }

    private Task TellAsync(RemoteAgent agent, StartRequest request, CancellationToken token) => UntilAnsweredAsync(
        agent,
        async () =>
        {
            (ControlAnswer? answer, RemoteAnswer raw) = await agent.BeginAsync(request, token);
            if (answer is { ExitStatus: not ((int)ExitStatus.Done or (int)ExitStatus.TargetUnreachable) })
            {
                await agent.AskAsync(["quit"], token);
                throw new RunEndedException(
                    (ExitStatus)answer.ExitStatus,
                    answer.Problem ?? "the agent refused",
                    answer.Remedy ?? string.Empty);
            }

            return (answer is { ExitStatus: (int)ExitStatus.Done }, raw);
        },
        token);

    // The kubelet tells about once a second that a container runs, so the agent is asked right away, and again.
    private async Task UntilAnsweredAsync(
        RemoteAgent agent, Func<Task<(bool IsAnswered, RemoteAnswer Raw)>> ask, CancellationToken token)
    {
        StartReport state = new(access, agent.Container);
        AnswerTimeout silence = new(access.Report);
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            (bool isAnswered, RemoteAnswer raw) = await ask();
            if (isAnswered)
            {
                return;
            }

            V1Pod? read = await access.TryReadPod(token);
            ContainerState? now = read?.StateOf(agent.Container);
            state.Judge(read, raw);
            if (now is { Phase: ContainerPhase.Running })
            {
                silence.Check(raw.ErrorText);
            }
            else if (Stopwatch.GetElapsedTime(startedAt) > access.Start.Timeout + KubeletDelay)
            {
                throw state.TooLate(raw);
            }
            else
            {
                silence.Reset();
            }

            await Task.Delay(Interval, token);
        }
    }
}

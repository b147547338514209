using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>One ephemeral container of a pod, from its request to its end.</summary>
/// <param name="name">The container's name; a name can be used once in a pod's life.</param>
/// <param name="startBefore">When the agent refuses to start, as RFC 3339; null for never.</param>
internal class AgentContainer(PodAccess access, PodWatch watch, string name, string? startBefore)
{
    /// <summary>The remedy after the container has ended.</summary>
    public const string Again = "once Prometheus is ready, run the same command again: it starts over. A complete"
        + " archive that is still on the volume is copied with take --reuse";

    // The kubelet reports a start some seconds late.
    private static readonly TimeSpan KubeletDelay = TimeSpan.FromSeconds(5);

    public string Name => name;

    /// <summary>The run's name, which the agent gets as OSO_SNAPSHOT_CLIENT.</summary>
    public virtual string Run => name;

    public string? StartBefore => startBefore;

    public PodAccess Access => access;

    public virtual AgentLog Log { get; } = new ContainerLog(access, name);

    /// <summary>Describes a container with a new name. Nothing is requested from the cluster yet.</summary>
    public static AgentContainer New(
        PodAccess access, PodWatch watch, TimeProvider time, string prefix = Pod.AgentPrefix) => new(
            access, watch, NewName(time, prefix), UtcTime.Format(time.GetUtcNow() + access.Start.Timeout));

    public static string NewName(TimeProvider time, string prefix = Pod.AgentPrefix)
    {
        string stamp = time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        return $"{prefix}{stamp}-{RandomNumberGenerator.GetInt32(100_000)}";
    }

    /// <summary>The command line of an agent in this container.</summary>
    public virtual IReadOnlyList<string> Command(params IReadOnlyList<string> words) => ["oso-snapshot", .. words];

    /// <summary>The run's name and its settings for the agent, as NAME=VALUE.</summary>
    /// <param name="settings">The client's settings, placed before the operator's.</param>
    public IReadOnlyList<string> Variables(IReadOnlyList<string> settings) =>
    [
        "OSO_SNAPSHOT_CLIENT=" + Run,
        .. startBefore is null ? (string[])[] : ["OSO_SNAPSHOT_START_BEFORE=" + startBefore],
        .. settings, .. access.Start.Environment,
    ];

    /// <summary>Starts a run.</summary>
    /// <param name="settings">The client's settings, placed before the operator's.</param>
    public virtual Task RequestAsync(string target, IReadOnlyList<string> settings, CancellationToken token) =>
        RequestContainerAsync(target, Variables(settings), [], token);

    /// <summary>Requests the container from the cluster.</summary>
    /// <param name="command">Replaces the image's own command; empty for the image's own.</param>
    public async Task RequestContainerAsync(
        string target, IReadOnlyList<string> variables, IReadOnlyList<string> command, CancellationToken token)
    {
        StartOptions start = access.Start;
        access.Report.Say($"Starting container {name} beside {target} in pod {access.Pod}");
        string[] options =
        [
            "debug", access.Pod, "--image=" + start.Image, "--target=" + target, "-c", name,
            .. start.Profile is { } profile ? (string[])["--profile=" + profile] : [],
            .. start.Custom is { } custom ? (string[])["--custom=" + custom] : [],
            .. variables.Select(variable => "--env=" + variable),
            .. command.Count > 0 ? (string[])["--", .. command] : [],
        ];
        KubectlAnswer answer = await access.Kubectl.RunAsync(options, token);
        if (!answer.IsSuccess)
        {
            OperatorException why = ClusterErrors.Explain(
                answer, "kubectl debug could not start a container", access);
            throw new NotResumableException(why.Status, why.Message, why.Remedy);
        }
    }

    /// <returns>The container's state once it runs or has already ended.</returns>
    /// <exception cref="NotResumableException">The container can't start, or has not started in time.</exception>
    public virtual async Task<AgentState> AwaitStartAsync(CancellationToken token)
    {
        StartOptions start = access.Start;
        AgentState state = AgentState.Of(null);
        string shown = string.Empty;
        bool isReached = await watch.WaitAsync(
            pod =>
            {
                state = pod.StateOf(name);
                if (state.Phase == ContainerPhase.Waiting && state.Reason != shown && !state.CanNotStart)
                {
                    shown = state.Reason;
                    access.Report.Say($"  waiting: {shown}");
                }

                return state.HasStarted || state.CanNotStart;
            },
            start.Timeout + KubeletDelay,
            token);
        if (state.CanNotStart)
        {
            throw new NotResumableException(
                ClientStatus.Failed,
                $"The container can't start, {state.Reason}: {state.Message}",
                $"check --image ({start.Image}) and the pod's pull secrets. Until {startBefore} container {name} may still"
                + " start and do its work; after that it touches nothing");
        }

        string why = state.Message.Length > 0 ? state.Message : watch.ProblemText;
        return isReached ? state : throw new NotResumableException(
            ClientStatus.Failed,
            $"The container has not started within {start.Timeout.TotalSeconds:0} s"
            + $" ({(state.Reason.Length > 0 ? state.Reason : "no state yet")}): {why}",
            $"see kubectl describe pod {access.Pod}{access.Flags.Text}, or give a longer --timeout. If container {name}"
            + " still starts, it ends at once and touches nothing.");
    }

    /// <summary>Runs a command in the container to its end.</summary>
    public Task<KubectlAnswer> RunAsync(IReadOnlyList<string> command, CancellationToken token) =>
        access.Kubectl.RunAsync(access.Exec(name, command), token);

    /// <summary>Starts a command in the container. The caller reads its output.</summary>
    public IKubectlCall Start(params IReadOnlyList<string> command) =>
        access.Kubectl.Start(access.Exec(name, command));

    /// <summary>Runs a verb of the agent's program in the container, such as <c>status</c>.</summary>
    public Task<KubectlAnswer> AskAsync(IReadOnlyList<string> words, CancellationToken token) =>
        RunAsync(["oso-snapshot", .. words], token);

    /// <summary>Starts an export of the archive's bytes. The caller reads them.</summary>
    /// <param name="every">The distance from one range of that length to the next; null for only one.</param>
    public IKubectlCall Export(long offset, long length, long? every) => Start(
    [
        "oso-snapshot", "export",
        "--offset", offset.ToString(CultureInfo.InvariantCulture),
        "--length", length.ToString(CultureInfo.InvariantCulture),
        .. every is { } step ? (string[])["--every", step.ToString(CultureInfo.InvariantCulture)] : [],
    ]);

    /// <returns>The container's state as the cluster reports it now; null if the pod can't be read.</returns>
    public virtual async Task<AgentState?> ReadStateAsync(CancellationToken token) =>
        (await watch.ReadAsync(token))?.StateOf(name);

    /// <returns>The container's state after its end; null if it has not ended in time.</returns>
    public virtual async Task<AgentState?> AwaitEndAsync(TimeSpan limit, CancellationToken token)
    {
        AgentState? end = null;
        await watch.WaitAsync(
            pod => (end = pod.StateOf(name) is { HasEnded: true } state ? state : null) is not null, limit, token);
        return end;
    }

    /// <summary>Shows the rest of the agent's log, and describes why the agent has failed.</summary>
    public async Task<NotResumableException> FailureAsync(AgentState state, CancellationToken token)
    {
        await Log.ShowRestAsync(token);
        string cause = await DescribeTargetEndAsync(state, token);
        return new(
            state.ExitCode != 0 ? (ExitStatus)state.ExitCode : ClientStatus.Failed,
            $"The agent ended with status {state.ExitCode}:"
            + $" {(state.Message.Length > 0 ? state.Message : "see its log above")}{cause}",
            cause.Length > 0 ? Again : string.Empty);
    }

    /// <returns>A sentence if Prometheus' container ended and the agent with it; otherwise empty.</returns>
    public async Task<string> DescribeTargetEndAsync(AgentState state, CancellationToken token) =>
        TargetEnd.Describe(await watch.ReadAsync(token), state);
}

using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>One ephemeral container of a pod, from its request to its end.</summary>
/// <param name="name">Can be used once in a pod's life.</param>
/// <param name="startBefore">When the agent refuses to begin, as RFC 3339; null for never.</param>
internal class AgentContainer(PodAccess access, PodWatch watch, string name, string? startBefore)
{
    /// <summary>What to do where the container ended.</summary>
    public const string Again = "run the same command again once Prometheus is ready: it starts anew; an archive that"
        + " lies whole on the volume is copied with take --reuse";

    // The kubelet tells of a start some seconds late.
    private static readonly TimeSpan KubeletDelay = TimeSpan.FromSeconds(5);

    public string Name => name;

    /// <summary>What the agent is told to be the run's name.</summary>
    public virtual string Run => name;

    public string? StartBefore => startBefore;

    public PodAccess Access => access;

    public virtual AgentLog Log { get; } = new ContainerLog(access, name);

    /// <summary>Names one that doesn't exist yet.</summary>
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

    /// <summary>What the agent is told of its run and its settings, as NAME=VALUE.</summary>
    /// <param name="settings">Before those of the operator.</param>
    public IReadOnlyList<string> Variables(IReadOnlyList<string> settings) =>
    [
        "OSO_SNAPSHOT_CLIENT=" + Run,
        .. startBefore is null ? (string[])[] : ["OSO_SNAPSHOT_START_BEFORE=" + startBefore],
        .. settings, .. access.Start.Environment,
    ];

    /// <summary>Starts a run.</summary>
    /// <param name="settings">Of the agent, before those of the operator.</param>
    public virtual Task RequestAsync(string target, IReadOnlyList<string> settings, CancellationToken token) =>
        RequestContainerAsync(target, Variables(settings), [], token);

    /// <summary>Asks the cluster for the container.</summary>
    /// <param name="command">In the place of the image's own; empty for that.</param>
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
            OperatorException why = ClusterAnswers.Explain(
                answer, "kubectl debug could not start a container", access);
            throw new RunEndedException(why.Status, why.Message, why.Remedy);
        }
    }

    /// <returns>Its state once it runs, or has ended already.</returns>
    /// <exception cref="RunEndedException">It can't start, or has not in time.</exception>
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
            throw new RunEndedException(
                ClientStatus.Failed,
                $"The container can't start, {state.Reason}: {state.Message}",
                $"see --image ({start.Image}) and the pull secrets of the pod. {name} stays in the pod's list: until"
                + $" {startBefore} it may still start and do its work, after that it touches nothing");
        }

        string why = state.Message.Length > 0 ? state.Message : watch.ProblemText;
        return isReached ? state : throw new RunEndedException(
            ClientStatus.Failed,
            $"The container has not started within {start.Timeout.TotalSeconds:0} s"
            + $" ({(state.Reason.Length > 0 ? state.Reason : "no state yet")}): {why}",
            $"kubectl describe pod {access.Pod}{access.Flags.Text}, or a longer --timeout. If {name} starts after all,"
            + " it ends at once and touches nothing.");
    }

    /// <summary>Runs a command in the container.</summary>
    public Task<KubectlAnswer> RunAsync(IReadOnlyList<string> command, CancellationToken token) =>
        access.Kubectl.RunAsync(access.Exec(name, command), token);

    /// <summary>Starts a command in the container, whose output is the caller's.</summary>
    public IKubectlCall Start(params IReadOnlyList<string> command) =>
        access.Kubectl.Start(access.Exec(name, command));

    /// <summary>Asks the agent.</summary>
    public Task<KubectlAnswer> AskAsync(IReadOnlyList<string> words, CancellationToken token) =>
        RunAsync(["oso-snapshot", .. words], token);

    /// <summary>Starts an export, whose bytes are the caller's.</summary>
    public IKubectlCall Export(long offset, long length) => Start(
        "oso-snapshot", "export",
        "--offset", offset.ToString(CultureInfo.InvariantCulture),
        "--length", length.ToString(CultureInfo.InvariantCulture));

    /// <returns>What the cluster says now; null where it says nothing.</returns>
    public virtual async Task<AgentState?> ReadStateAsync(CancellationToken token) =>
        (await watch.ReadAsync(token))?.StateOf(name);

    /// <returns>Its state at the end, or null where that has not come in time.</returns>
    public virtual async Task<AgentState?> AwaitEndAsync(TimeSpan limit, CancellationToken token)
    {
        AgentState? end = null;
        await watch.WaitAsync(
            pod => (end = pod.StateOf(name) is { HasEnded: true } state ? state : null) is not null, limit, token);
        return end;
    }

    /// <summary>Shows all of its log; then why it has failed.</summary>
    public async Task<RunEndedException> FailureAsync(AgentState state, CancellationToken token)
    {
        await Log.ShowRestAsync(token);
        string cause = await DescribeTargetEndAsync(state, token);
        return new(
            state.ExitCode != 0 ? (ExitStatus)state.ExitCode : ClientStatus.Failed,
            $"The agent ended with status {state.ExitCode}:"
            + $" {(state.Message.Length > 0 ? state.Message : "see its log above")}{cause}",
            cause.Length > 0 ? Again : string.Empty);
    }

    /// <returns>A sentence about Prometheus' container where its end was the agent's; else nothing.</returns>
    public async Task<string> DescribeTargetEndAsync(AgentState state, CancellationToken token) =>
        TargetEnd.Describe(await watch.ReadAsync(token), state);
}

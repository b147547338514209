using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Runs;

/// <summary>
/// <c>doctor</c>: checks whether a take can succeed. From outside it changes nothing; inside it starts one container.
/// </summary>
/// <param name="isInside">Whether a container is started to look at the volume and the server.</param>
internal sealed class DoctorRun(KubernetesCluster cluster, PodAccess access, TextWriter output, bool isInside)
{
    private static readonly AccessRight Dial = new("get", "pods", "exec");

    private readonly DoctorReport _report = new();

    /// <returns>A result whose status is 0 if nothing that was seen forbids a take.</returns>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        try
        {
            await LookAsync(token);
        }
        catch (OperatorException e)
        {
            _report.Add("stopped", DoctorVerdict.Bad, e.Message, e.Remedy, e.Status);
        }

        await output.WriteAsync(_report.ToText(access.Pod));
        return new(access.Pod, (int)_report.Status) { Problem = _report.FirstProblem, Checks = _report.Lines };
    }

    private async Task LookAsync(CancellationToken token)
    {
        _report.Add(
            "client", DoctorVerdict.Good, $"{ProductVersion.Text}, for agents of version {AgentVersions.Range}");
        _report.Add("cluster", DoctorVerdict.Good, $"Kubernetes {await cluster.ServerVersionAsync(token)}");
        await LookAtRightsAsync(token);
        V1Pod pod = await Preflight.ReadAsync(cluster, access, token);
        PrometheusContainer target = Preflight.RequireTarget(pod, access);
        _report.Add(
            "pod", DoctorVerdict.Good, $"{pod.Status.Phase ?? "Running"}; Prometheus is container {target.Name}");
        AgentIdentity? identity = access.Start.Identity ?? AgentIdentity.Of(pod, target.Name);
        _report.Add(
            "identity",
            DoctorVerdict.Good,
            identity is null
                ? "the pod does not tell it: the image's own is tried first, then the one that the agent finds"
                : $"{identity}");
        await LookAtPolicyAsync(target.Name, identity, token);
        LookAtImage(pod);
        LookAtRuns(pod);
        if (isInside)
        {
            await LookInsideAsync(pod, target.Name, token);
            return;
        }

        foreach (string name in DoctorReport.InsideNames)
        {
            _report.Add(name, DoctorVerdict.Unknown, "not looked at (--inside)");
        }
    }

    private async Task LookAtRightsAsync(CancellationToken token)
    {
        AccessRight[] all = [.. Preflight.Rights, Dial, new("get", "pods"), new("list", "pods")];
        IReadOnlyList<AccessRight> missing = await cluster.FindMissingAsync(all, token);
        foreach (AccessRight right in all)
        {
            bool isNeeded = Preflight.Rights.Contains(right) || right is { Verb: "get", Subresource: null }
                || (right == Dial && cluster.IsInCluster);
            (DoctorVerdict verdict, string text) = (missing.Contains(right), isNeeded) switch
            {
                (false, _) => (DoctorVerdict.Good, "yes"),
                (true, true) => (DoctorVerdict.Bad, "no"),
                (true, false) when right == Dial =>
                    (DoctorVerdict.Warning, "no: each command needs a kubectl exec of its own"),
                _ => (DoctorVerdict.Warning, "no: name the pods one by one"),
            };
            _report.Add(
                $"right {right}",
                verdict,
                text,
                verdict == DoctorVerdict.Bad ? $"have someone grant you {right}" : string.Empty,
                ClientStatus.Failed);
        }
    }

    // The API server and its policies decide about the container, and nothing is made.
    private async Task LookAtPolicyAsync(string target, AgentIdentity? identity, CancellationToken token)
    {
        ContainerSpec spec = new()
        {
            Name = AgentStart.NewName(),
            Target = target,
            Start = access.Start,
            Identity = identity,
        };
        try
        {
            await cluster.AddEphemeralContainerAsync(access.Pod, spec.ToJson(), isDryRun: true, token);
            _report.Add("policy", DoctorVerdict.Good, "the cluster accepts the container (dry run)");
        }
        catch (ClusterException e)
        {
            OperatorException why = ClusterErrors.Explain(e, "The container is refused", access.Place);
            _report.Add("policy", DoctorVerdict.Bad, why.Message, why.Remedy, why.Status);
        }
    }

    private void LookAtImage(V1Pod pod)
    {
        string image = access.Start.Image;
        string[] names =
        [
            .. pod.Spec.EphemeralContainers.Where(one => one.Image == image).Select(one => one.Name),
        ];
        ContainerState? last = names.Length > 0 ? pod.StateOf(names[^1]) : null;
        (DoctorVerdict verdict, string text) = last switch
        {
            { HasStarted: true } => (DoctorVerdict.Good, $"{image} has started in this pod before"),
            { CanNotStart: true } => (DoctorVerdict.Bad, $"{image}: {last.Reason}: {last.Message}"),
            _ => (DoctorVerdict.Unknown, $"{image}: whether it can be pulled is known once a container starts"),
        };
        _report.Add(
            "image",
            verdict,
            text,
            verdict == DoctorVerdict.Bad ? "check --image and the pod's pull secrets" : string.Empty);
    }

    private void LookAtRuns(V1Pod pod)
    {
        string[] live = [.. pod.AgentContainers().Where(name => pod.StateOf(name).Phase == ContainerPhase.Running)];
        _report.Add(
            "agents",
            DoctorVerdict.Good,
            live.Length == 0
                ? "none is in this pod now"
                : $"running: {string.Join(", ", live)}; see {access.Command("status")}");
    }

    private async Task LookInsideAsync(V1Pod pod, string target, CancellationToken token)
    {
        AgentStart start = new(cluster, access, pod, target);
        Inspection seen = await InspectAsync(start, needed: null, token);
        if (AgentIdentity.TryParse(seen.NeededIdentity) is { } needed && access.Start.Identity is null)
        {
            seen = await InspectAsync(start, needed, token);
        }

        _report.AddInside(seen);
    }

    private async Task<Inspection> InspectAsync(AgentStart start, AgentIdentity? needed, CancellationToken token)
    {
        RemoteAnswer answer;
        try
        {
            RemoteAgent agent = await start.StartIdleAsync(needed, token);
            access.Report.Say($"Container {agent.Container} stays listed in the pod until the pod is replaced");
            answer = await agent.AskAsync(["inspect", "--json"], access.Start.Settings, token);
        }
        finally
        {
            if (start.Agent is { } started && !PodExtensions.IsResident(started.Container))
            {
                await started.AskAsync(["quit"], CancellationToken.None);
            }
        }

        if (answer.Output.Length == 0)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"The agent could not look: {answer.ErrorText}", "see the message");
        }

        Inspection seen = AgentAnswers.Parse(answer.Output, ControlJson.Default.Inspection);
        return seen.IsValid() ? seen : throw AgentAnswers.Unreadable(answer.Output);
    }
}

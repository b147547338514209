using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Makes a pod for a drill, waits until it runs, and deletes it.</summary>
internal sealed class ThrowawayPod(KubernetesCluster cluster, PodAccess access)
{
    // The kubelet reports an end some seconds late.
    private static readonly TimeSpan KubeletDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan DeletePause = TimeSpan.FromSeconds(2);

    private string _shown = string.Empty;
    private bool _mayExist;
    private TimeSpan _settling;

    /// <summary>How long the deletion is tried.</summary>
    internal TimeSpan DeleteLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an answer may take, once the pod is to go: a client that a signal ends may be killed soon.
    /// </summary>
    internal TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>A request whose answer got lost may be carried out late, by this much.</summary>
    internal TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Asks for the pod. It is to be deleted, whatever is answered.</summary>
    /// <exception cref="OperatorException">The cluster refuses it.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived, and no answer.</exception>
    public async Task CreateAsync(JsonObject pod, CancellationToken token)
    {
        _mayExist = true;
        using CancellationTokenSource limit = new();
        try
        {
            // A request that is given up may be carried out after the deletion.
            await using CancellationTokenRegistration signal = token.Register(() => limit.CancelAfter(AnswerLimit));
            await cluster.CreatePodAsync(pod, limit.Token);
        }
        catch (OperationCanceledException)
        {
            _settling = SettleTime;
            throw;
        }
        catch (ClusterException e)
        {
            _mayExist = e.Code is < 400 or >= 500;
            _settling = SettleTime;
            throw e is { MissingRight: null, Code: 400 or 403 or 422 }
                ? Failed(
                    $"The cluster refuses the drill's pod: {e.Message}",
                    "ask who keeps the quotas and policies of the namespace, or name another one with -n; --run-as and"
                    + " --memory change what the pod asks for")
                : ClusterErrors.Explain(e, "The drill's pod can't be made", access.Place);
        }
    }

    /// <exception cref="OperatorException">The pod can't run, or takes too long.</exception>
    public async Task AwaitRunningAsync(CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            V1Pod pod = await ReadAsync(token);
            RequireAlive(pod);
            if (pod.StateOfOwn(DrillPod.Container).Phase == ContainerPhase.Running)
            {
                return;
            }

            string waiting = WaitsFor(pod);
            if (waiting.Length > 0 && waiting != _shown)
            {
                _shown = waiting;
                access.Report.Say($"  waiting: {waiting}");
            }

            if (Stopwatch.GetElapsedTime(startedAt) > access.Start.Timeout)
            {
                throw Failed(
                    $"The drill's pod does not run after {Durations.Format(access.Start.Timeout)}: "
                    + (waiting.Length > 0 ? waiting : "the cluster does not say why"),
                    "make room on a node or in the quota, or give a longer --timeout");
            }

            await Task.Delay(Interval, token);
        }
    }

    /// <exception cref="OperatorException">Prometheus has ended, or the pod is gone.</exception>
    public async Task RequireAliveAsync(CancellationToken token) => RequireAlive(await ReadAsync(token));

    /// <summary>Does work that fails without a true word if Prometheus ends meanwhile.</summary>
    /// <exception cref="OperatorException">Prometheus has ended, or the work failed.</exception>
    public async Task WatchAsync(Func<Task> work, CancellationToken token)
    {
        try
        {
            await work();
        }
        catch (OperatorException e) when (e.Status is not (ExitStatus.ArchiveFailed or ExitStatus.NoRoom))
        {
            await Task.Delay(KubeletDelay, token);
            await RequireAliveAsync(token);
            throw;
        }
    }

    /// <returns>What is known of Prometheus' end; empty for nothing.</returns>
    public async Task<string> LastWordsAsync() =>
        await access.TryReadPod(CancellationToken.None) is { } pod ? EndOf(pod) ?? string.Empty : string.Empty;

    /// <summary>Deletes the pod, and waits until it is gone.</summary>
    /// <returns>False if nobody knows whether it will go; that was told.</returns>
    public async Task<bool> DeleteAsync()
    {
        if (!_mayExist)
        {
            return true;
        }

        access.Report.Pause();
        access.Report.Say($"Deleting pod {access.Pod}");
        (string problem, bool isAccepted, long startedAt) = ("it is still there", false, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(startedAt) < DeleteLimit)
        {
            using CancellationTokenSource limit = new(AnswerLimit);
            try
            {
                if (!isAccepted)
                {
                    await cluster.DeletePodAsync(access.Pod, limit.Token);
                    isAccepted = true;
                }

                await cluster.ReadPodAsync(access.Pod, limit.Token);
            }
            catch (ClusterException e) when (e.Code == 404 && Stopwatch.GetElapsedTime(startedAt) >= _settling)
            {
                return true;
            }
            catch (Exception e) when (e is ClusterException or OperationCanceledException)
            {
                problem = e is ClusterException
                    ? e.Message
                    : $"no answer came within {Durations.Format(AnswerLimit)}";
            }

            await Task.Delay(isAccepted ? Interval : DeletePause);
        }

        TellThatItStays(isAccepted ? "is being deleted" : "could not be deleted", problem);
        return false;
    }

    private void TellThatItStays(string state, string problem) => access.Report.Warn(
        $"⚠️ Pod {access.Pod} {state}: {problem}. Look after it: kubectl delete pod {access.Pod}{Where}");

    // A pod in a cluster uses its own namespace, and no flag says which.
    private string Where => access.Flags.ValueOf("-n") is null
        ? $"{access.Flags.Text} -n {cluster.Namespace}"
        : access.Flags.Text;

    private async Task<V1Pod> ReadAsync(CancellationToken token)
    {
        try
        {
            return await cluster.ReadPodAsync(access.Pod, token);
        }
        catch (ClusterException e) when (e.Code == 404)
        {
            throw Failed("Somebody has deleted the drill's pod.", "run the same command again");
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, $"Pod {access.Pod} can't be read", access.Place);
        }
    }

    private static void RequireAlive(V1Pod pod)
    {
        ContainerState state = pod.StateOfOwn(DrillPod.Container);
        if (state.CanNotStart)
        {
            throw Failed(
                $"Prometheus can't start in the drill's pod, {state.Reason}: {state.Message}",
                "check the image, its pull secrets and --prometheus");
        }

        if (EndOf(pod) is { } end)
        {
            throw Failed(
                $"Prometheus has ended in the drill's pod: {end}",
                state.Reason == "OOMKilled"
                    ? "give it more with --memory"
                    : "check its image, --prometheus and --memory");
        }
    }

    private static string? EndOf(V1Pod pod)
    {
        ContainerState state = pod.StateOfOwn(DrillPod.Container);
        string ofPod = Printable.Short($"{pod.Status.Reason} {pod.Status.Message}".Trim());
        string own = $"status {state.ExitCode}, {state.Reason} {Printable.Short(state.Message)}";
        return state.HasEnded ? $"{own} {ofPod}".Trim()
            : pod.Status.Phase is "Failed" or "Succeeded" ? ofPod
            : null;
    }

    private static string WaitsFor(V1Pod pod)
    {
        ContainerState state = pod.StateOfOwn(DrillPod.Container);
        if (state.Phase == ContainerPhase.Waiting)
        {
            return $"{state.Reason} {Printable.Short(state.Message)}".Trim();
        }

        V1PodCondition? unscheduled = (pod.Status.Conditions ?? []).FirstOrDefault(
            condition => condition is { Type: "PodScheduled", Status: "False" });
        return Printable.Short($"{unscheduled?.Reason} {unscheduled?.Message}".Trim());
    }

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}

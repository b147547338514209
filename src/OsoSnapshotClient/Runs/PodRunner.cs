using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

/// <summary>Does a verb's work on one pod, or on several at a time.</summary>
/// <param name="reports">Makes a pod's report from its name, and from a label if there are several pods.</param>
internal sealed class PodRunner(
    KubernetesCluster cluster,
    GlobalFlags flags,
    StartOptions start,
    EndSignal signal,
    Func<string, string, IPodReport> reports)
{
    /// <summary>Does the work on the pods, some at a time.</summary>
    public async Task<IReadOnlyList<PodResult>> RunAsync(
        IReadOnlyList<PodPlace> pods, PodChoice choice, Func<KubernetesCluster, PodAccess, Task<PodResult>> work)
    {
        using SemaphoreSlim slots = new(choice.Parallel);
        return await Task.WhenAll(pods.Select(async pod =>
        {
            await slots.WaitAsync();
            try
            {
                string label = pods.Count > 1 || !choice.IsOne ? $"[{pod.Name}] " : string.Empty;
                PodResult result = signal.Token.IsCancellationRequested
                    ? new(pod.Name, (int)signal.Status) { Problem = "interrupted" }
                    : await RunOneAsync(pod, label, work);
                return result with { Namespace = pod.Namespace };
            }
            finally
            {
                slots.Release();
            }
        }));
    }

    private async Task<PodResult> RunOneAsync(
        PodPlace place, string label, Func<KubernetesCluster, PodAccess, Task<PodResult>> work)
    {
        string pod = place.Name;
        KubernetesCluster there = cluster.InNamespace(place.Namespace);
        PodAccess access = new()
        {
            Exec = there.ExecIn(pod),
            TryReadPod = token => TryReadAsync(there, pod, token),
            Pod = pod,
            Flags = flags,
            Start = start,
            Report = reports(pod, label),
        };
        try
        {
            return await work(there, access);
        }
        catch (OperatorException e)
        {
            return Failed(e, access);
        }
        catch (ClusterException e)
        {
            return Failed(ClusterErrors.Explain(e, $"The work on pod {pod} failed", access.Place), access);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(
                new(
                    Causes.Status(e, ClientStatus.Failed),
                    $"A file here can't be read or written: {e.Message}",
                    Causes.Remedy(e, "remove the cause, then run the same command again")),
                access);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return new(pod, (int)signal.Status) { Problem = "interrupted" };
        }
    }

    private static PodResult Failed(OperatorException e, PodAccess access)
    {
        access.Report.Pause();
        access.Report.Fail($"❌ {e.Message}" + (e.Remedy.Length > 0 ? $"\n   What to do: {e.Remedy}" : null));
        PodResult result = e is CopiedException { Copy: var copy } ? copy : new(access.Pod, 0);
        return result with { Status = (int)e.Status, Problem = e.Message, Remedy = e.Remedy };
    }

    private static async Task<V1Pod?> TryReadAsync(KubernetesCluster cluster, string pod, CancellationToken token)
    {
        try
        {
            return await cluster.ReadPodAsync(pod, token);
        }
        catch (ClusterException)
        {
            return null;
        }
    }
}

using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>take --into</c> has Prometheus make a snapshot, copies the blocks that the directory lacks, and writes the list
/// of the snapshot's blocks last.
/// </summary>
internal sealed class BackupRun(
    KubernetesCluster cluster,
    PodAccess access,
    TakeOptions take,
    BackupPlace place,
    EndSignal signal,
    TimeProvider time)
{
    private readonly IPodReport _report = access.Report;

    /// <inheritdoc cref="TakeSession.RunAsync" path="/exception"/>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        try
        {
            PodResult result = await AddAsync(token);
            DeleteStale();
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"Something in {place} can't be read or written: {e.Message}",
                Causes.Remedy(e, "remove the cause, then run the same command again to continue"),
                e);
        }
    }

    private async Task<PodResult> AddAsync(CancellationToken token)
    {
        using IBackupStore store = place.OpenToAdd(_report.Say, token);
        Preflight preflight = await Preflight.RunAsync(cluster, access, token);
        PodName pod = NameOf(preflight, await ClusterNameAsync(token));
        using BlocksCarrier carrier = new(store, pod, store.OpenNote(pod), take.Copy, _report, time);
        return await new TakeSession(preflight, take, carrier, signal).RunAsync(token);
    }

    // In a bucket, prune does it: others may be at work there.
    private void DeleteStale()
    {
        if (!place.IsBucket)
        {
            StaleParts.DeleteWhereAlone(place.Path, time);
        }
    }

    // Two clusters must never share a pod's lists: then prune would keep the newest of one of them alone.
    private async Task<string?> ClusterNameAsync(CancellationToken token)
    {
        if ((take.Cluster ?? await cluster.FindNamespaceUidAsync("kube-system", token)) is { } name
            && ClusterName.IsValid(name))
        {
            return name;
        }

        if (place.IsBucket)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "You may not read namespace kube-system, whose UID names the cluster in a bucket.",
                "give --cluster NAME, or have someone grant you get on namespaces");
        }

        _report.Warn(
            $"⚠️ You may not read namespace kube-system, so the backup in {place} names no cluster. Give --cluster NAME"
            + " where several clusters share a directory.");
        return null;
    }

    private PodName NameOf(Preflight preflight, string? name) =>
        PodName.TryParse((name is null ? string.Empty : name + "/") + $"{preflight.Namespace}.{access.Pod}")
        ?? throw new OperatorException(
            ClientStatus.Failed,
            $"'{Printable.Text(preflight.Namespace)}' and '{Printable.Text(access.Pod)}' are not valid names of a"
            + " namespace and a pod.",
            "see kubectl get pods -o json");
}

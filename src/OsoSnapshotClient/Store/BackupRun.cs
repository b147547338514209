using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>take --into</c> has Prometheus make a snapshot, copies the blocks that the directory lacks, and writes the list
/// of the snapshot's blocks last.
/// </summary>
internal sealed class BackupRun(
    KubernetesCluster cluster, PodAccess access, TakeOptions take, EndSignal signal, TimeProvider time)
{
    private readonly IPodReport _report = access.Report;

    /// <inheritdoc cref="TakeSession.RunAsync" path="/exception"/>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        try
        {
            PodResult result = await AddAsync(token);
            StaleParts.DeleteWhereAlone(take.Into!, time);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"Something in {take.Into} can't be read or written: {e.Message}",
                Causes.Remedy(e, "remove the cause, then run the same command again to continue"),
                e);
        }
    }

    private async Task<PodResult> AddAsync(CancellationToken token)
    {
        using BackupDirectory directory = BackupDirectory.OpenToAdd(take.Into!, _report.Say, token);
        Preflight preflight = await Preflight.RunAsync(cluster, access, token);
        PodName pod = NameOf(preflight);
        using BlocksCarrier carrier = new(directory, pod, OpenNote(directory, pod), take.Copy, _report, time);
        return await new TakeSession(preflight, take, carrier, signal).RunAsync(token);
    }

    private PodName NameOf(Preflight preflight) =>
        PodName.TryParse($"{preflight.Namespace}.{access.Pod}") ?? throw new OperatorException(
            ClientStatus.Failed,
            $"'{Printable.Text(preflight.Namespace)}' and '{Printable.Text(access.Pod)}' are not valid names of a"
            + " namespace and a pod.",
            "see kubectl get pods -o json");

    private static CopyOutput OpenNote(BackupDirectory directory, PodName pod)
    {
        using (DirectoryHandle lists = BackupEntry.OpenOrCreateDirectory(directory.Snapshots, pod.Text))
        {
            foreach (string name in StaleParts.RunFiles)
            {
                BackupEntry.FindFileToChange(lists, name);
            }
        }

        try
        {
            return CopyOutput.Open($"{directory.PathOf(pod)}/{StaleParts.RunName}");
        }
        catch (OperatorException e) when (e.Status == ExitStatus.Busy)
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Another client backs up {pod} into {directory.Path}: {e.Message}",
                "wait until the other client has ended",
                e);
        }
    }
}

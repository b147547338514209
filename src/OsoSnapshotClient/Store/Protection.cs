using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>SNAPSHOT.protect</c> beside a list keeps the snapshot from <c>prune</c>; it holds the time. A list never changes.
/// </summary>
/// <param name="pod">
/// The pod as <c>NAMESPACE.POD</c> or <c>CLUSTER/NAMESPACE.POD</c>; null if one pod has the snapshot.
/// </param>
/// <param name="snapshot">The snapshot's name.</param>
internal sealed class Protection(BackupPlace place, string? pod, string snapshot, TextWriter output)
{
    public const string Extension = ".protect";

    /// <summary>Protects the snapshot. In a bucket, a prune that is at work may delete its list nevertheless.</summary>
    /// <exception cref="OperatorException">There is no such snapshot, or several pods have it.</exception>
    public void Protect(CancellationToken token) => Change(
        (store, found) =>
        {
            store.Write(found.ProtectionName, Encoding.ASCII.GetBytes($"{UtcTime.Format(store.Now())}\n"));
            if (store.Find(found.ListName) is null)
            {
                store.Delete(found.ProtectionName);
                throw Missing(store);
            }

            output.WriteLine($"✅ {found} is protected: prune keeps it");
        },
        token);

    /// <summary>Lets <c>prune</c> delete the snapshot again.</summary>
    /// <inheritdoc cref="Protect" path="/exception"/>
    public void Unprotect(CancellationToken token) => Change(
        (store, found) =>
        {
            store.Delete(found.ProtectionName);
            output.WriteLine($"✅ {found} is not protected");
        },
        token);

    private void Change(Action<IBackupStore, BackedUpSnapshot> change, CancellationToken token)
    {
        try
        {
            // Opening to add makes a backup of an empty place. It raises the format: 0.2.0 reads no protection.
            place.OpenToRead(token).Dispose();
            using IBackupStore store = place.OpenToAdd(output.WriteLine, token);
            change(store, Find(store));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{place} can't be changed: {Printable.Text(e.Message)}",
                Causes.Remedy(e, "check its permissions"),
                e);
        }
    }

    private BackedUpSnapshot Find(IBackupStore store)
    {
        BackedUpSnapshot[] found =
        [
            .. ManifestStore.Find(store, _ => { }).Where(one => one.Name.Text == snapshot
                && (pod is null || one.Pod.IsNamed(pod))),
        ];
        return found switch
        {
            [var one] => one,
            [] => throw Missing(store),
            _ => Array.Find(found, one => one.Pod.Text == pod) ?? throw new OperatorException(
                ExitStatus.Settings,
                $"Several pods in {store.Path} have snapshot {snapshot}:"
                + $" {string.Join(", ", found.Take(10).Select(one => one.Pod.Text))}.",
                "name one with --pod"),
        };
    }

    private OperatorException Missing(IBackupStore store) => new(
        ExitStatus.Settings,
        $"There is no snapshot '{Printable.Short(snapshot)}'{(pod is null ? string.Empty : $" of {pod}")}"
        + $" in {store.Path}.",
        $"kubectl oso-snapshot backups {store.Path} lists them");
}

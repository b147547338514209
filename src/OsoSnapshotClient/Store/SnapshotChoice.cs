using System.Globalization;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Finds the snapshot of a backup directory that the operator means.</summary>
/// <param name="pod">
/// The pod as <c>NAMESPACE.POD</c> or <c>CLUSTER/NAMESPACE.POD</c>; null if the backup has only one.
/// </param>
/// <param name="at">A snapshot's name, or a time for the newest snapshot before it; null for the newest of all.</param>
internal sealed class SnapshotChoice(IBackupStore store, string? pod, string? at)
{
    /// <exception cref="OperatorException">No snapshot matches, or several pods have snapshots.</exception>
    public ListedSnapshot Find()
    {
        PodName chosen = FindPod();
        List<OperatorException> damaged = [];
        DateTimeOffset? until = ParseTime();
        ListedSnapshot? oldest = null;
        ListedSnapshot? found = null;
        foreach (ListedSnapshot snapshot in ManifestStore.Read(store, chosen, damaged.Add))
        {
            if (snapshot.Name.Text == at)
            {
                return snapshot;
            }

            oldest ??= snapshot;
            found = at is null || snapshot.Time <= until ? snapshot : found;
        }

        // The damaged list may be the one that the operator means.
        if (damaged is [var first, ..])
        {
            throw new OperatorException(
                first.Status,
                first.Message,
                $"name another snapshot with --at; kubectl oso-snapshot backups {store.Path} lists them",
                first);
        }

        return found ?? throw Wrong(
            oldest is null ? $"There is no snapshot of {chosen} in {store.Path}."
                : until is not { } time
                    ? $"There is no snapshot '{at}' of {chosen}, nor is it a time such as 2026-11-21T12:00Z."
                    : $"There is no snapshot of {chosen} from before {UtcTime.Format(time)};"
                        + $" the oldest is of {UtcTime.Format(oldest.Time)}.");
    }

    // A time without a zone is UTC, like every time here.
    private DateTimeOffset? ParseTime() => DateTimeOffset.TryParse(
        at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    private PodName FindPod()
    {
        PodName[] pods =
        [
            .. ManifestStore.Pods(store, _ => { }).Where(HasLists)
                .OrderBy(name => name.Text, StringComparer.Ordinal),
        ];
        string known = pods.Length > 0 ? string.Join(", ", pods.Take(10).Select(name => name.Text)) : "none";
        if (pod is not null)
        {
            PodName[] named = [.. pods.Where(name => name.IsNamed(pod))];
            return named switch
            {
                [var one] => one,
                [] => throw Wrong($"There is no backup of pod '{pod}' in {store.Path}. The pods there: {known}."),
                _ => Array.Find(named, name => name.Text == pod) ?? throw new OperatorException(
                    ExitStatus.Settings,
                    $"{store.Path} has backups of '{pod}' of several clusters:"
                    + $" {string.Join(", ", named.Select(name => name.Text))}.",
                    "name one with --pod CLUSTER/NAMESPACE.POD"),
            };
        }

        return pods switch
        {
            [var only] => only,
            [] => throw Wrong($"There is no backup in {store.Path}."),
            _ => throw new OperatorException(
                ExitStatus.Settings, $"{store.Path} has backups of several pods: {known}.", "name one with --pod"),
        };
    }

    private bool HasLists(PodName name) => store.Files(name.Folder)
        .Any(file => file.Name.EndsWith(ManifestStore.Extension, StringComparison.Ordinal));

    private OperatorException Wrong(string problem) =>
        new(ExitStatus.Settings, problem, $"kubectl oso-snapshot backups {store.Path} lists them");
}

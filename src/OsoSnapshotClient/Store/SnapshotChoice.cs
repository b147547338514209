using System.Globalization;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Finds the snapshot of a backup directory that the operator means.</summary>
/// <param name="pod">The pod as <c>NAMESPACE.POD</c>; null if the directory has only one.</param>
/// <param name="at">A snapshot's name, or a time for the newest snapshot before it; null for the newest of all.</param>
internal sealed class SnapshotChoice(BackupDirectory directory, string? pod, string? at)
{
    /// <exception cref="OperatorException">No snapshot matches, or several pods have snapshots.</exception>
    public ListedSnapshot Find()
    {
        PodName chosen = FindPod();
        List<OperatorException> damaged = [];
        DateTimeOffset? until = ParseTime();
        ListedSnapshot? oldest = null;
        ListedSnapshot? found = null;
        foreach (ListedSnapshot snapshot in ManifestStore.Read(directory, chosen, damaged.Add))
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
                $"name another snapshot with --at; kubectl oso-snapshot backups {directory.Path} lists them",
                first);
        }

        return found ?? throw Wrong(
            oldest is null ? $"There is no snapshot of {chosen} in {directory.Path}."
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
            .. directory.Snapshots.Names().Select(PodName.TryParse).OfType<PodName>().Where(HasLists)
                .OrderBy(name => name.Text, StringComparer.Ordinal),
        ];
        string known = pods.Length > 0 ? string.Join(", ", pods.Take(10).Select(name => name.Text)) : "none";
        if (pod is not null)
        {
            return Array.Find(pods, name => name.Text == pod)
                ?? throw Wrong($"There is no backup of pod '{pod}' in {directory.Path}. The pods there: {known}.");
        }

        return pods switch
        {
            [var only] => only,
            [] => throw Wrong($"There is no backup in {directory.Path}."),
            _ => throw new OperatorException(
                ExitStatus.Settings, $"{directory.Path} has backups of several pods: {known}.", "name one with --pod"),
        };
    }

    private bool HasLists(PodName name)
    {
        using DirectoryHandle? lists = BackupEntry.FindDirectory(directory.Snapshots, name.Text);
        return lists?.Names().Any(file => file.EndsWith(ManifestStore.Extension, StringComparison.Ordinal)) == true;
    }

    private OperatorException Wrong(string problem) =>
        new(ExitStatus.Settings, problem, $"kubectl oso-snapshot backups {directory.Path} lists them");
}

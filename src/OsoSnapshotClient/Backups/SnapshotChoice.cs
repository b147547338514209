using System.Globalization;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

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
        IReadOnlyList<ListedSnapshot> all = BackupLists.Read(directory, chosen, damaged.Add);
        foreach (ListedSnapshot snapshot in all)
        {
            if (snapshot.Name.Text == at)
            {
                return snapshot;
            }
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

        return all.Count > 0 ? FindAt(all) : throw Wrong($"There is no snapshot of {chosen} in {directory.Path}.");
    }

    private ListedSnapshot FindAt(IReadOnlyList<ListedSnapshot> all)
    {
        if (at is null)
        {
            return all[^1];
        }

        // A time without a zone is UTC, like every time here.
        if (!DateTimeOffset.TryParse(
            at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
        {
            throw Wrong($"There is no snapshot '{at}' of {all[0].Pod}, nor is it a time such as 2026-11-21T12:00Z.");
        }

        return all.LastOrDefault(snapshot => snapshot.Time <= time) ?? throw Wrong(
            $"There is no snapshot of {all[0].Pod} from before {UtcTime.Format(time)};"
            + $" the oldest is of {UtcTime.Format(all[0].Time)}.");
    }

    private PodName FindPod()
    {
        PodName[] pods =
        [
            .. Directory.EnumerateDirectories(directory.Snapshots)
                .Where(path => Directory.EnumerateFiles(path, "*" + BackupLists.Extension).Any())
                .Select(path => PodName.TryParse(Path.GetFileName(path))).OfType<PodName>()
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

    private OperatorException Wrong(string problem) =>
        new(ExitStatus.Settings, problem, $"kubectl oso-snapshot backups {directory.Path} lists them");
}

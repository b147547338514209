using OsoSnapshotClient.Copy;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>Decides which snapshots of a pod stay; the newest always does.</summary>
/// <param name="Last">This many snapshots stay; null for no such rule.</param>
/// <param name="Within">Snapshots up to this age stay; null for no such rule.</param>
internal sealed record KeepRule(int? Last, TimeSpan? Within)
{
    /// <param name="snapshots">The snapshots of one pod, the oldest first.</param>
    /// <returns>The snapshots that no rule keeps.</returns>
    public IEnumerable<ListedSnapshot> Expired(IReadOnlyList<ListedSnapshot> snapshots, DateTimeOffset now) =>
        snapshots.SkipLast(Math.Max(Last ?? 1, 1)).Where(snapshot => Within is null || snapshot.Time < now - Within);
}

/// <summary>
/// <c>prune</c> deletes lists, then the blocks that no list names. If a list can't be read, prune deletes nothing.
/// </summary>
internal sealed class PruneRun(string path, KeepRule rule, bool isTrial, TextWriter output, TimeProvider time)
{
    /// <exception cref="OperatorException">The directory is in use, or a list is damaged.</exception>
    public void Run(CancellationToken token)
    {
        using BackupDirectory directory =
            isTrial ? BackupDirectory.OpenToRead(path) : BackupDirectory.OpenAlone(path);
        try
        {
            Run(directory, token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"Something in {path} can't be deleted: {e.Message}",
                Causes.Remedy(
                    e,
                    "remove the cause, then run the same command again to delete the rest; the snapshots that stay are complete"),
                e);
        }
    }

    private void Run(BackupDirectory directory, CancellationToken token)
    {
        IReadOnlyList<ListedSnapshot> all = BackupLists.ReadSound(directory);
        DateTimeOffset now = time.GetUtcNow();
        ListedSnapshot[] expired =
            [.. all.GroupBy(snapshot => snapshot.Pod).SelectMany(pod => rule.Expired([.. pod], now))];
        HashSet<BlockName> needed = [.. all.Except(expired).SelectMany(snapshot => snapshot.Blocks.Keys)];
        string[] blocks = [.. Unneeded(directory, needed)];
        string[] parts = [.. StaleParts.Find(directory, time)];
        long bytes = ByteSize.Sum(blocks.Concat(parts).Select(file => new FileInfo(file).Length));

        // Lists go first: a crash then leaves blocks that no list names, never a list without its blocks.
        foreach (ListedSnapshot snapshot in expired)
        {
            token.ThrowIfCancellationRequested();
            Delete(snapshot.Path, $"snapshot {snapshot}");
        }

        if (!isTrial)
        {
            foreach (PodName pod in expired.Select(snapshot => snapshot.Pod).Distinct())
            {
                Durable.FlushDirectory(directory.PathOf(pod));
            }
        }

        foreach (string file in blocks.Concat(parts))
        {
            token.ThrowIfCancellationRequested();
            Delete(file, Path.GetRelativePath(directory.Path, file));
        }

        int blockCount = blocks.Count(file => BlockName.TryParseFile(Path.GetFileName(file), out _));
        output.WriteLine(
            $"{(isTrial ? "Would delete" : "✅ Deleted")} {Plural.Of(expired.Length, "snapshot")} of {all.Count},"
            + $" {Plural.Of(blockCount, "block")}, {Plural.Of(parts.Length, "stale part")}: {ByteSize.Format(bytes)}");
    }

    private static IEnumerable<string> Unneeded(BackupDirectory directory, HashSet<BlockName> needed)
    {
        foreach (BlockName block in StoredBlocks.List(directory).Where(block => !needed.Contains(block)))
        {
            yield return directory.PathOf(block);
        }

        const string Extension = OsoSnapshotCore.Archives.ChecksumFile.Extension;
        foreach (string checksum in Directory.EnumerateFiles(directory.Blocks, "*" + Extension))
        {
            if (BlockName.TryParseFile(Path.GetFileName(checksum)[..^Extension.Length], out BlockName block)
                && !needed.Contains(block))
            {
                yield return checksum;
            }
        }
    }

    private void Delete(string file, string what)
    {
        output.WriteLine($"{(isTrial ? "would delete" : "deleting")} {what}");
        if (!isTrial)
        {
            File.Delete(file);
        }
    }
}

using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>prune</c> deletes lists, then the blocks that no list names. It deletes nothing before it has read every list
/// and found each block that a staying list names. Any error before that stops it.
/// </summary>
internal sealed class PruneRun(string path, KeepRule rule, bool isTrial, TextWriter output, TimeProvider time)
{
    /// <exception cref="OperatorException">The directory is in use, or a list is damaged or incomplete.</exception>
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
                $"Something in {path} can't be read or deleted: {Printable.Text(e.Message)}",
                Causes.Remedy(
                    e,
                    "remove the cause, then run the same command again to delete the rest; the snapshots that stay are complete"),
                e);
        }
    }

    private void Run(BackupDirectory directory, CancellationToken token)
    {
        BackedUpSnapshot[] all = [.. ManifestStore.Find(directory, damage => throw damage)];
        DateTimeOffset now = time.GetUtcNow();
        ILookup<bool, JudgedSnapshot> judged = all.GroupBy(snapshot => snapshot.Pod)
            .SelectMany(pod => rule.Judge([.. pod], now)).ToLookup(snapshot => snapshot.Stays);
        BackedUpSnapshot[] expired = [.. judged[false].Select(snapshot => snapshot.Snapshot)];
        IReadOnlySet<BlockName> needed = FindNeeded(directory, [.. expired], token);
        BackupFile[] blocks = [.. Unneeded(directory, needed)];
        BackupFile[] parts = [.. StaleParts.Find(directory, time)];
        Print([.. judged[true]]);

        // Lists go first: a crash then leaves blocks that no list names, never a list without its blocks.
        foreach (BackedUpSnapshot snapshot in expired)
        {
            token.ThrowIfCancellationRequested();
            Delete(new(directory.Snapshots, snapshot.Pod.Text, snapshot.ListName, 0), $"snapshot {snapshot}");
        }

        foreach (PodName pod in isTrial ? [] : expired.Select(snapshot => snapshot.Pod).Distinct())
        {
            using DirectoryHandle lists = directory.Snapshots.OpenDirectory(pod.Text);
            lists.Flush();
        }

        foreach (BackupFile file in blocks.Concat(parts))
        {
            token.ThrowIfCancellationRequested();
            Delete(file, file.PathText[(directory.Path.Length + 1)..]);
        }

        int blockCount = blocks.Count(file => BlockName.TryParseFile(file.Name, out _));
        long bytes = ByteSize.Sum(blocks.Concat(parts).Select(file => file.SizeBytes));
        output.WriteLine(
            $"{(isTrial ? "Would delete" : "✅ Deleted")} {Plural.Of(expired.Length, "snapshot")} of {all.Length},"
            + $" {Plural.Of(blockCount, "block")}, {Plural.Of(parts.Length, "stale part")}: {ByteSize.Format(bytes)}");
    }

    // A list that names a block which is not there may be wrong about the name: then the block that it means would go.
    private static HashSet<BlockName> FindNeeded(
        BackupDirectory directory,
        HashSet<BackedUpSnapshot> expired,
        CancellationToken token)
    {
        Dictionary<BlockName, long> sizes = [];
        foreach (ListedSnapshot snapshot in ManifestStore.Read(directory, damage => throw damage))
        {
            token.ThrowIfCancellationRequested();
            if (expired.Contains(new(snapshot.Pod, snapshot.Name, snapshot.Time)))
            {
                continue;
            }

            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                if (!sizes.TryGetValue(name, out long bytes))
                {
                    bytes = BackupEntry.FindFile(directory.Blocks, name.FileName)?.SizeBytes
                        ?? throw Incomplete(snapshot, $"{directory.PathOf(name)} is missing");
                    sizes.Add(name, bytes);
                }

                if (bytes != block.FileBytes)
                {
                    throw Incomplete(snapshot, $"{directory.PathOf(name)} has {bytes} bytes, not {block.FileBytes}");
                }
            }
        }

        return [.. sizes.Keys];
    }

    private static OperatorException Incomplete(ListedSnapshot snapshot, string how) => BackupDirectory.Damaged(
        $"Nothing was deleted, because snapshot {snapshot} stays and is damaged: {how}.",
        $"take the block or {snapshot.Path} from a copy of the directory, or delete that list; kubectl oso-snapshot"
        + " verify shows all damage. Then run prune again");

    private IEnumerable<BackupFile> Unneeded(BackupDirectory directory, IReadOnlySet<BlockName> needed)
    {
        const string Extension = ChecksumFile.Extension;
        foreach (string file in directory.Blocks.Names().Order(StringComparer.Ordinal))
        {
            string archive = file.EndsWith(Extension, StringComparison.Ordinal) ? file[..^Extension.Length] : file;
            if (!BlockName.TryParseFile(archive, out BlockName block) || needed.Contains(block))
            {
                continue;
            }

            FileStatus? status = directory.Blocks.Find(file);
            if (status is { IsRegularFile: true })
            {
                yield return new(directory.Blocks, null, file, status.SizeBytes);
            }
            else if (status is not null)
            {
                output.WriteLine($"⚠️ {directory.Blocks.PathOf(file)} is not a regular file, so it stays");
            }
        }
    }

    private void Print(JudgedSnapshot[] kept)
    {
        int width = kept.Select(one => one.Snapshot.Pod.Text.Length).DefaultIfEmpty().Max();
        output.WriteLine($"{"POD".PadRight(width)}  {"SNAPSHOT",-33}  KEPT BY");
        foreach ((BackedUpSnapshot snapshot, IReadOnlyList<string> reasons) in kept)
        {
            output.WriteLine($"{snapshot.Pod.Text.PadRight(width)}  {snapshot.Name,-33}  {string.Join(", ", reasons)}");
        }
    }

    private void Delete(BackupFile file, string what)
    {
        output.WriteLine($"{(isTrial ? "would delete" : "deleting")} {Printable.Text(what)}");
        if (!isTrial)
        {
            file.Delete();
        }
    }
}

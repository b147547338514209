using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>prune</c> deletes lists, then the blocks that no list names; in a bucket, it marks the blocks first. Before that,
/// it reads every list and finds each block that a staying list names. Any error there stops it.
/// </summary>
internal sealed class PruneRun(BackupPlace place, KeepRule rule, bool isTrial, TextWriter output, TimeProvider time)
{
    /// <exception cref="OperatorException">The place is in use, or a list is damaged or incomplete.</exception>
    public void Run(CancellationToken token)
    {
        using IBackupStore store = isTrial ? place.OpenToRead(token) : place.OpenToPrune(token);
        try
        {
            Run(store, token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"Something in {place} can't be read or deleted: {Printable.Text(e.Message)}",
                Causes.Remedy(
                    e,
                    "remove the cause, then run the same command again to delete the rest; the snapshots that stay are complete"),
                e);
        }
    }

    /// <inheritdoc cref="Run(CancellationToken)"/>
    internal void Run(IBackupStore store, CancellationToken token)
    {
        DateTimeOffset seenAt = store.Now();
        BackedUpSnapshot[] all = [.. ManifestStore.Find(store, damage => throw damage)];
        DateTimeOffset now = time.GetUtcNow();
        ILookup<bool, JudgedSnapshot> judged = all.GroupBy(snapshot => snapshot.Pod)
            .SelectMany(pod => rule.Judge([.. pod], now)).ToLookup(snapshot => snapshot.Stays);
        BackedUpSnapshot[] expired = [.. judged[false].Select(snapshot => snapshot.Snapshot)];
        BlockFiles files = new(store);
        new NeededBlocks(store, files).Mark(expired, token);
        IReadOnlyList<BlockName> unneeded = files.Unneeded;
        WarnOfOdd(store, unneeded.SelectMany(files.Of));
        IReadOnlyList<StalePart> parts = store.FindStale(time);
        Print([.. judged[true]]);

        // Lists go first: a crash then leaves blocks that no list names, never a list without its blocks.
        foreach (BackedUpSnapshot snapshot in expired)
        {
            token.ThrowIfCancellationRequested();
            Delete($"snapshot {snapshot}", () => DeleteList(store, snapshot));
        }

        (int blocks, long bytes, int marked) = store.HasLock
            ? DeleteBlocks(store, files, unneeded, token)
            : new MarkedBlocks(store, seenAt, Delete).Run(files, unneeded, token);
        foreach (StalePart part in parts)
        {
            token.ThrowIfCancellationRequested();
            Delete(part.Name, part.Delete);
        }

        Forget(store, files, token);
        bytes = ByteSize.Sum([bytes, .. parts.Select(part => part.SizeBytes)]);
        output.WriteLine(
            $"{(isTrial ? "Would delete" : "✅ Deleted")} {Plural.Of(expired.Length, "snapshot")} of {all.Length},"
            + $" {Plural.Of(blocks, "block")}, {Plural.Of(parts.Count, "stale part")}: {ByteSize.Format(bytes)}");
        TellMarked(marked);
    }

    private void Forget(IBackupStore store, BlockFiles files, CancellationToken token)
    {
        if (!isTrial)
        {
            VerifiedBlocks.Forget(
                store, block => files.HasArchive(block) && (!store.HasLock || files.IsNeeded(block)), token);
        }
    }

    private void TellMarked(int marked)
    {
        if (marked > 0)
        {
            output.WriteLine(
                $"  {(isTrial ? "Would be marked" : "Marked")}: {Plural.Of(marked, "block")} that no list names. A prune after"
                + $" {Durations.Format(DeletionMarks.MinAge)} deletes each, unless a take has used it again");
        }
    }

    private static void DeleteList(IBackupStore store, BackedUpSnapshot snapshot)
    {
        Action delete = store.PrepareDelete(snapshot.ListName);
        if (!store.HasLock && store.Find(snapshot.ProtectionName) is not null)
        {
            // Its blocks are not among the needed ones.
            throw BackupDamage.Busy(store.Path, $"snapshot {snapshot} was protected while prune was at work");
        }

        delete();
    }

    private (int Blocks, long Bytes, int Marked) DeleteBlocks(
        IBackupStore store, BlockFiles files, IReadOnlyList<BlockName> unneeded, CancellationToken token)
    {
        foreach ((string name, _) in unneeded.SelectMany(files.Of).Where(file => file.IsRegular))
        {
            token.ThrowIfCancellationRequested();
            Delete(name, () => store.Delete(name));
        }

        return (unneeded.Count(files.HasArchive), ByteSize.Sum(unneeded.Select(files.BytesOf)), 0);
    }

    private void WarnOfOdd(IBackupStore store, IEnumerable<(string Name, bool IsRegular)> unneeded)
    {
        foreach ((string name, _) in unneeded.Where(file => !file.IsRegular))
        {
            output.WriteLine($"⚠️ {store.PathOf(name)} is not a regular file, so it stays");
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

    private void Delete(string what, Action delete)
    {
        output.WriteLine($"{(isTrial ? "would delete" : "deleting")} {Printable.Text(what)}");
        if (!isTrial)
        {
            delete();
        }
    }
}

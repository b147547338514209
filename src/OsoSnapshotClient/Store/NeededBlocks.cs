using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Marks the blocks that the staying lists name. A list that names a block which is not there may be wrong about the
/// name: then the block that it means would go.
/// </summary>
internal sealed class NeededBlocks(IBackupStore store, BlockFiles files)
{
    /// <param name="expired">The lists that go.</param>
    /// <exception cref="OperatorException">A list is damaged, or a block of a staying list is.</exception>
    public void Mark(IEnumerable<BackedUpSnapshot> expired, CancellationToken token)
    {
        HashSet<(PodName, SnapshotName)> goes = [.. expired.Select(snapshot => (snapshot.Pod, snapshot.Name))];
        foreach (ListedSnapshot snapshot in ManifestStore.Read(store, damage => throw damage))
        {
            token.ThrowIfCancellationRequested();
            if (goes.Contains((snapshot.Pod, snapshot.Name)))
            {
                continue;
            }

            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                files.Need(name);
                if (files.Find(name)?.SizeBytes is not { } bytes)
                {
                    if (store.Find(snapshot.ListName) is null)
                    {
                        // Another prune has deleted the list, then the block.
                        break;
                    }

                    throw Incomplete(snapshot, $"{store.PathOf(name)} is missing");
                }

                if (bytes != block.FileBytes)
                {
                    throw Incomplete(
                        snapshot, $"{store.PathOf(name)} has {Plural.Of(bytes, "byte")}, not {block.FileBytes}");
                }
            }
        }
    }

    private static OperatorException Incomplete(ListedSnapshot snapshot, string how) => BackupDamage.Damaged(
        $"Nothing was deleted, because snapshot {snapshot} stays and is damaged: {how}.",
        $"take the block or {snapshot.Path} from a copy of the directory, or delete that list; kubectl oso-snapshot"
        + " verify shows all damage. Then run prune again");
}

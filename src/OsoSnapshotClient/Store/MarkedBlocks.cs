using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Prune's part of <see cref="DeletionMarks"/>.</summary>
/// <param name="seenAt">The time by the store's clock, before the lists were read.</param>
/// <param name="act">Says what is done, and does it unless it is a trial.</param>
internal sealed class MarkedBlocks(IBackupStore store, DateTimeOffset seenAt, Action<string, Action> act)
{
    /// <summary>Deletes the blocks whose marks are old, and marks the others.</summary>
    /// <param name="unneeded">The blocks that no list names.</param>
    /// <returns>The number of deleted blocks, their bytes, and how many blocks wait for a later prune.</returns>
    public (int Blocks, long Bytes, int Marked) Run(
        BlockFiles files, IReadOnlyList<BlockName> unneeded, CancellationToken token)
    {
        DeletionMarks marks = new(store);
        IReadOnlyDictionary<BlockName, DateTimeOffset> known = marks.Find();
        (int blocks, long bytes, int marked) = (0, 0, 0);
        HashSet<BlockName> there = [.. unneeded];
        foreach (BlockName name in unneeded)
        {
            token.ThrowIfCancellationRequested();
            if (known.TryGetValue(name, out DateTimeOffset markedAt) && seenAt - markedAt >= DeletionMarks.MinAge)
            {
                act(name.Path, () => marks.TryDelete(name, seenAt));
                blocks++;
                bytes = ByteSize.Sum(bytes, files.BytesOf(name));
                continue;
            }

            marked++;
            if (!known.ContainsKey(name))
            {
                act($"{name.Path} later: a prune marks it first", () => marks.Mark(name));
            }
        }

        foreach ((BlockName name, DateTimeOffset markedAt) in known)
        {
            if (!there.Contains(name) && seenAt - markedAt >= DeletionMarks.MinAge && store.Find(name.Path) is null)
            {
                act($"the mark of {name}, which is gone", () => marks.DeleteMark(name, seenAt));
            }
        }

        return (blocks, bytes, marked);
    }
}

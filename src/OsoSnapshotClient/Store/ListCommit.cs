using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// What a take promises about the blocks of its list: each is there when the list is, and stays. It begins before the
/// take looks at any block.
/// </summary>
/// <param name="wait">Waits.</param>
internal sealed class ListCommit(IBackupStore store, Func<TimeSpan, Task> wait)
{
    private readonly DeletionMarks _marks = new(store);
    private readonly DateTimeOffset _startedAt = store.Now();
    private readonly List<BlockName> _marked = [];

    /// <summary>
    /// Claims the blocks that the list will name, before the caller looks which are there. If a prune may be deleting
    /// one at this moment, this waits until it must have done so.
    /// </summary>
    public async Task ClaimAsync(IEnumerable<BlockName> wanted)
    {
        if (store.HasLock)
        {
            return;
        }

        IReadOnlyDictionary<BlockName, DateTimeOffset> marks = _marks.Find();
        TimeSpan longest = TimeSpan.Zero;
        foreach (BlockName block in wanted.Where(marks.ContainsKey))
        {
            _marked.Add(block);
            TimeSpan time = _marks.Renew(block, marks[block]);
            longest = time > longest ? time : longest;
        }

        if (longest > TimeSpan.Zero)
        {
            await wait(longest);
        }
    }

    /// <summary>Writes the list. A list of the same snapshot that is there already is left as it is.</summary>
    /// <exception cref="OperatorException">The take is too old, or a block has gone.</exception>
    public void Write(string name, byte[] content, IEnumerable<StoredBlock> blocks)
    {
        Func<bool> create = store.PrepareCreate(name, content);
        Action[] unmark = [.. _marked.Select(_marks.PrepareUnmark)];
        if (!store.HasLock)
        {
            RequireYoung();
        }

        create();
        if (!store.HasLock)
        {
            RequireAll(name, blocks);
        }

        foreach (Action one in unmark)
        {
            one();
        }
    }

    private void RequireYoung()
    {
        TimeSpan age = store.Now() - _startedAt;
        if (age > DeletionMarks.MaxRunAge)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"This run is {Durations.Format(age)} old. Blocks that it has seen in {store.Path} may have been deleted"
                + " by prune, so it writes no list.",
                "run the same command again: it uses the blocks that are there");
        }
    }

    private void RequireAll(string name, IEnumerable<StoredBlock> blocks)
    {
        foreach (StoredBlock block in blocks)
        {
            if (store.Find(block.Name.Path) is not { } file || file.SizeBytes != block.FileBytes
                || file.Checksum != block.StoreChecksum)
            {
                // After a stall, another take of the pod may be newer, so that prune has deleted this list.
                bool isPruned = store.Find(name) is null;
                store.Delete(name);
                throw new OperatorException(
                    ClientStatus.Failed,
                    isPruned
                        ? $"{store.PathOf(name)} has been deleted by prune while this run was at work."
                        : $"{store.PathOf(block.Name)} has gone, or was replaced, while this run was at work."
                            + " The run's list was deleted.",
                    "run the same command again: it copies the block anew");
            }
        }
    }
}

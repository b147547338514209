using System.Text.Json;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Deletes blocks of a store without locks so that no list loses one, as Thanos and Mimir do:
/// src/OsoSnapshotClient/BUCKETS.md, "Deletion has two steps".
/// </summary>
internal sealed class DeletionMarks(IBackupStore store)
{
    /// <summary>A mark of this age lets prune delete its block.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromHours(48);

    /// <summary>A take of this age writes no list: prune may delete what it has seen.</summary>
    public static readonly TimeSpan MaxRunAge = TimeSpan.FromHours(24);

    /// <summary>What is prepared takes effect within this time, or never.</summary>
    public static readonly TimeSpan RequestLife = TimeSpan.FromMinutes(20);

    private const string Extension = ".json";
    private const int MaxBytes = 4096;

    /// <returns>The marked blocks, with the times of their marks.</returns>
    public IReadOnlyDictionary<BlockName, DateTimeOffset> Find()
    {
        Dictionary<BlockName, DateTimeOffset> marks = [];
        foreach (StoredFile file in store.Files(BackupLayout.Deleted))
        {
            if (file.Name.EndsWith(Extension, StringComparison.Ordinal)
                && BlockName.TryParseFile(file.Name[..^Extension.Length], out BlockName block))
            {
                marks[block] = file.ModifiedAt;
            }
        }

        return marks;
    }

    /// <summary>Marks a block that no list names. An earlier mark keeps its time.</summary>
    public void Mark(BlockName block) => store.TryCreate(NameOf(block), Content(MarkStates.Unlisted));

    /// <summary>Renews the mark of a block that a take wants: no prune that looks from now on deletes it.</summary>
    /// <param name="markedAt">The mark's time.</param>
    /// <returns>
    /// How long the deletion of a prune that has looked before may still arrive; zero if none can be on its way.
    /// </returns>
    public TimeSpan Renew(BlockName block, DateTimeOffset markedAt)
    {
        TimeSpan age = store.Now() - markedAt;
        bool mayBeDeleted = age >= MinAge - RequestLife
            || (age < RequestLife && StateOf(block) != MarkStates.Unlisted);
        store.Write(NameOf(block), Content(mayBeDeleted ? MarkStates.Wanted : MarkStates.Unlisted));
        return mayBeDeleted ? RequestLife : TimeSpan.Zero;
    }

    /// <summary>Prepares to delete the mark of a block that a list of this take is about to name.</summary>
    public Action PrepareUnmark(BlockName block) => store.PrepareDelete(NameOf(block));

    /// <summary>Deletes a block that no list named at a time, if its mark was old then and is as it was.</summary>
    /// <param name="seenAt">When the caller began to look at the lists.</param>
    /// <returns>false if the block stays.</returns>
    public bool TryDelete(BlockName block, DateTimeOffset seenAt)
    {
        Action delete = store.PrepareDelete(block.Path);
        Action deleteChecksum = store.PrepareDelete(StoredBlocks.ChecksumOf(block));
        if (store.Find(NameOf(block)) is not { } mark || seenAt - mark.ModifiedAt < MinAge)
        {
            return false;
        }

        delete();
        deleteChecksum();

        // Other prunes may have prepared the same. The mark outlives what they have sent.
        store.Write(NameOf(block), Content(MarkStates.Deleted));
        return true;
    }

    /// <summary>Deletes the old mark of a block that was not there.</summary>
    /// <inheritdoc cref="TryDelete" path="/param"/>
    public void DeleteMark(BlockName block, DateTimeOffset seenAt)
    {
        Action unmark = PrepareUnmark(block);
        DateTimeOffset now = store.Now();
        if (now - seenAt < RequestLife && store.Find(NameOf(block)) is { } mark && seenAt - mark.ModifiedAt >= MinAge)
        {
            unmark();
        }
    }

    private string? StateOf(BlockName block)
    {
        try
        {
            return store.Read(NameOf(block), MaxBytes) is { } json
                ? JsonSerializer.Deserialize(json, BackupJson.Default.DeletionMark)?.State
                : null;
        }
        catch (JsonException)
        {
            // What can't be read is taken for the state that makes a take wait.
            return null;
        }
    }

    private static byte[] Content(string state) =>
        JsonSerializer.SerializeToUtf8Bytes(new DeletionMark { State = state }, BackupJson.Default.DeletionMark);

    private static string NameOf(BlockName block) => $"{BackupLayout.Deleted}/{block.FileName}{Extension}";
}

/// <summary><c>deleted/BLOCK.json</c> says why a block has a mark. Its age is that of the file.</summary>
internal sealed record DeletionMark
{
    /// <summary>One of <see cref="MarkStates"/>.</summary>
    public required string State { get; init; }
}

/// <summary>The states of a mark.</summary>
internal static class MarkStates
{
    /// <summary>No deletion of the block can be on its way.</summary>
    public const string Unlisted = "unlisted";

    /// <summary>A take wants the block, which a prune may just have been deleting.</summary>
    public const string Wanted = "wanted";

    /// <summary>A prune has deleted the block.</summary>
    public const string Deleted = "deleted";
}

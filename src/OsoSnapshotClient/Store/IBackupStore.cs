using OsoSnapshotClient.Take;

namespace OsoSnapshotClient.Store;

/// <summary>
/// The place of a backup: a directory here, or a prefix of a bucket. Names are relative to it, with <c>/</c> between
/// their parts; they are made of checked names only. A file appears whole or not at all. A store of a bucket is given
/// the command's token, so that its calls end with the command. Every call throws
/// <see cref="OsoSnapshotCore.OperatorException"/> for what an operator can mend, and IOException or
/// UnauthorizedAccessException for the rest.
/// </summary>
internal interface IBackupStore : IDisposable
{
    /// <summary>The directory, or s3://BUCKET/PREFIX, for messages.</summary>
    string Path { get; }

    /// <summary>
    /// Whether a store that is opened alone is used by no other client. Without locks, a deletion has two steps:
    /// <see cref="DeletionMarks"/>.
    /// </summary>
    bool HasLock { get; }

    /// <summary>How many small files a caller reads at a time.</summary>
    int MaxReads { get; }

    /// <returns>The time by the store's own clock.</returns>
    DateTimeOffset Now();

    /// <returns>The files of a folder, without those of its folders; none if there is no such folder.</returns>
    IEnumerable<StoredFile> Files(string folder);

    /// <returns>The names in a folder that are not known to be files.</returns>
    IEnumerable<string> Folders(string folder);

    /// <returns>null if there is no such file.</returns>
    StoredFile? Find(string name);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    Stream Open(string name);

    /// <returns>The content of a small file; null if there is no such file.</returns>
    byte[]? Read(string name, int maxBytes);

    /// <summary>Writes a small file, also in place of an earlier one.</summary>
    void Write(string name, byte[] content);

    /// <summary>
    /// Prepares to write a small file whose name is free. All that the store was given before is then durable. A store
    /// without locks refuses what is called later than <see cref="DeletionMarks.RequestLife"/> after this call.
    /// </summary>
    /// <returns>Writes the file; false if the name is taken, by another client or an earlier run.</returns>
    Func<bool> PrepareCreate(string name, byte[] content);

    /// <summary>Prepares to delete a file; nothing is said of one that is not there.</summary>
    /// <inheritdoc cref="PrepareCreate"/>
    Action PrepareDelete(string name);

    /// <summary>Opens the partial archive of a block, which an earlier run may have left.</summary>
    /// <param name="contentBytes">The size of the block's files, which bounds that of the archive.</param>
    /// <returns>null while another client writes it, or if it has just completed it.</returns>
    IBlockPart? TryOpenPart(BlockName block, long contentBytes);

    /// <summary>Opens the note of an interrupted take of a pod, which the take continues.</summary>
    IRunNote OpenNote(PodName pod);

    /// <returns>What interrupted runs have left and no run will continue.</returns>
    IReadOnlyList<StalePart> FindStale(TimeProvider time);
}

/// <summary>A file of a store.</summary>
/// <param name="Name">Its name without that of its folder.</param>
/// <param name="IsRegular">false for what no store makes: a link, a pipe, a directory.</param>
internal sealed record StoredFile(string Name, long SizeBytes, DateTimeOffset ModifiedAt, bool IsRegular = true)
{
    /// <summary>
    /// What the store itself knows of the file's bytes, as KIND:VALUE; null in a directory, and in a listing.
    /// </summary>
    public string? Checksum { get; init; }
}

/// <summary>A partial file that no run will continue.</summary>
internal sealed record StalePart(string Name, long SizeBytes, Action Delete);

/// <summary>A block's archive that does not have its final name yet. One client at a time writes it.</summary>
internal interface IBlockPart : ICopyTarget
{
    /// <summary>Prepares the part for its next byte: bytes of two engines are never joined.</summary>
    /// <param name="engine">The engine of the next bytes; null if the agent has not reported it.</param>
    /// <returns>False if bytes of another engine were dropped.</returns>
    bool Begin(string? engine);

    /// <summary>Drops all bytes.</summary>
    void Restart();

    /// <summary>Gives the complete archive its final name.</summary>
    /// <returns>false if another client has made another archive of this name meanwhile.</returns>
    /// <exception cref="OsoSnapshotCore.OperatorException">It can't be completed.</exception>
    bool Publish();
}

internal static class BackupStoreExtensions
{
    /// <returns>The file's place, for messages.</returns>
    public static string PathOf(this IBackupStore store, string name) => $"{store.Path}/{name}";

    public static bool TryCreate(this IBackupStore store, string name, byte[] content) =>
        store.PrepareCreate(name, content)();

    public static void Delete(this IBackupStore store, string name) => store.PrepareDelete(name)();

    /// <returns>The place of the block's archive, for messages.</returns>
    public static string PathOf(this IBackupStore store, BlockName block) => store.PathOf(block.Path);
}

namespace OsoSnapshotClient.Store;

/// <summary>The files in <c>blocks/</c> as they were listed, so that most need no look of their own.</summary>
internal sealed class BlockFiles(IBackupStore store, IEnumerable<StoredFile> listed)
{
    private readonly Dictionary<string, StoredFile> _listed =
        listed.ToDictionary(file => file.Name, StringComparer.Ordinal);

    public IReadOnlyCollection<StoredFile> Listed => _listed.Values;

    /// <summary>Looks anew for what was not there, and at what is no regular file, which says what it is.</summary>
    /// <param name="name">The file's name in the store.</param>
    /// <returns>null if there is no such file now, nor was when they were listed.</returns>
    public StoredFile? Find(string name) =>
        _listed.GetValueOrDefault(BackupLayout.Split(name).File) is { IsRegular: true } file ? file : store.Find(name);
}

namespace OsoSnapshotClient.Store;

/// <summary>Where a backup lies, as the operator names it: a directory, or s3://BUCKET/PREFIX.</summary>
/// <param name="Path">The directory or the address.</param>
internal sealed record BackupPlace(string Path)
{
    /// <summary>How the store of a bucket is reached.</summary>
    public S3Options S3 { get; init; } = new();

    public bool IsBucket => S3Address.IsOne(Path);

    /// <summary>Whether restore and verify take the place for a backup; a directory's marker may be missing.</summary>
    public bool IsBackup => IsBucket || BackupDirectory.Is(Path);

    /// <summary>Opens a backup to add to it. An empty or missing place becomes a backup.</summary>
    /// <param name="say">Gets a message before a wait.</param>
    /// <exception cref="OsoSnapshotCore.OperatorException">It holds something else, or can't be written.</exception>
    public IBackupStore OpenToAdd(Action<string> say, CancellationToken token) =>
        IsBucket ? S3Store.OpenToAdd(Path, S3, token) : BackupDirectory.OpenToAdd(Path, say, token);

    /// <summary>Opens a backup to read it.</summary>
    /// <exception cref="OsoSnapshotCore.OperatorException">There is none, of this format, or it is in use.</exception>
    public IBackupStore OpenToRead(CancellationToken token) =>
        IsBucket ? S3Store.OpenToRead(Path, S3, token) : BackupDirectory.OpenToRead(Path);

    /// <summary>Opens a backup to delete from it. No other client can use a directory meanwhile.</summary>
    /// <inheritdoc cref="OpenToRead" path="/exception"/>
    public IBackupStore OpenToPrune(CancellationToken token) =>
        IsBucket ? S3Store.OpenToRead(Path, S3, token) : BackupDirectory.OpenAlone(Path);

    public override string ToString() => Path;
}

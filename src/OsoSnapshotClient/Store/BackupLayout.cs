namespace OsoSnapshotClient.Store;

/// <summary>The names in a backup.</summary>
internal static class BackupLayout
{
    /// <summary>The format that this client writes. It reads those before it too.</summary>
    public const int Format = 2;

    public const string Blocks = "blocks";

    /// <summary>Holds a folder for each pod, or for each cluster.</summary>
    public const string Snapshots = "snapshots";

    /// <summary>Holds a mark for each block that prune will delete, in stores without locks.</summary>
    public const string Deleted = "deleted";

    /// <summary>Holds a record of each block that a verify has read.</summary>
    public const string Verified = "verified";
}

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

    /// <returns>The folder and the file of a name; the folder is empty if there is none.</returns>
    public static (string Folder, string File) Split(string name)
    {
        int slash = name.LastIndexOf('/');
        return (name[..Math.Max(slash, 0)], name[(slash + 1)..]);
    }
}

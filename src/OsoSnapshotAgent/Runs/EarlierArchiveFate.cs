namespace OsoSnapshotAgent.Runs;

/// <summary>What a run does with the archive of an earlier run.</summary>
internal enum EarlierArchiveFate
{
    /// <summary>The archive stays, because this run makes none.</summary>
    Stays,

    /// <summary>The new archive replaces it after verification.</summary>
    IsReplaced,

    /// <summary>The archive is deleted before the new one is made, because there is no room for both.</summary>
    IsDeletedFirst,
}

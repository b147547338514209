namespace OsoSnapshotAgent.Procedures;

/// <summary>What becomes of the archive of an earlier run.</summary>
internal enum ArchivePlan
{
    /// <summary>It stays: this run makes none.</summary>
    Stays,

    /// <summary>The new one replaces it once that is verified.</summary>
    IsReplaced,

    /// <summary>It is deleted before the new one is made: two have no room.</summary>
    IsDeletedFirst,
}

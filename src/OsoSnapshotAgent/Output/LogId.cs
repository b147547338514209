namespace OsoSnapshotAgent.Output;

/// <summary>
/// The numbers of log lines that scripts may look for. A line ends with its number, as in <c>(oso-201)</c>. A number
/// never changes its meaning. src/OsoSnapshotAgent/REFERENCE.md explains them.
/// </summary>
internal enum LogId
{
    EarlierArchiveAbsent = 101,
    EarlierArchiveStays = 102,
    EarlierFileDeleted = 103,
    EarlierSnapshotsDeleted = 104,
    EarlierSnapshotsAbsent = 105,
    SnapshotCaptured = 201,
    ArchiveVerified = 202,
    SnapshotStreamed = 203,
    ArtefactsRemoved = 204,
    NothingToRemove = 205,
    BlockRestored = 206,
    BlocksLoaded = 207,
    UnknownVariable = 301,
    AnyCertificateTrusted = 302,
    NoRoomForTwoArchives = 303,
    SamplesMissing = 304,
    BlockNotDated = 305,
    ListingFailed = 306,
    LogNotShown = 307,
    NoControlSocket = 308,
    SnapshotStillWritten = 309,
    SnapshotsNotToldApart = 310,
    NotDeleted = 311,
    RemovalIncomplete = 312,
    BlockNotInSnapshot = 313,

    /// <summary>The run failed. The exit status is added to this number.</summary>
    Failed = 400,
}

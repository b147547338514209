namespace OsoSnapshotCore;

/// <summary>The exit status of the process. <c>kubectl get pod</c> shows it with the termination message.</summary>
public enum ExitStatus
{
    /// <summary>Everything is done, and the archive is verified.</summary>
    Done = 0,

    /// <summary>This program has a bug. There is no new archive.</summary>
    Bug = 1,

    /// <summary>A setting or an option is wrong. Nothing was touched.</summary>
    Settings = 2,

    /// <summary>There is no Prometheus, or its files can't be reached. Nothing was touched.</summary>
    TargetUnreachable = 3,

    /// <summary>Prometheus refused the request, or failed. There is no new archive.</summary>
    PrometheusRefused = 4,

    /// <summary>
    /// The volume has too little room. There is no new archive, unless only its checksum had no room.
    /// </summary>
    NoRoom = 5,

    /// <summary>
    /// The archive could not be written or did not verify, or files could not be read or deleted. There is no new
    /// archive, unless the disk failed after the archive got its name: the termination message then names it.
    /// </summary>
    ArchiveFailed = 6,

    /// <summary>The snapshot holds no block. There is no new archive.</summary>
    NoBlock = 7,

    /// <summary>Another run is at work on the data directory, or holds its archive for the copy.</summary>
    Busy = 8,

    /// <summary>The request reached another Prometheus than the one that writes to the data directory.</summary>
    OtherPrometheus = 9,

    /// <summary>There is a new archive: a true copy of blocks that are damaged on Prometheus' own disk.</summary>
    DamagedBlocks = 10,

    /// <summary>Of the client: the copy is right and complete, but the agent's files could not be removed.</summary>
    NotTidiedUp = 11,

    /// <summary>Another client, or another run, ended this run: what it held may be gone.</summary>
    EndedByAnother = 12,

    /// <summary>The restored blocks are in place. Prometheus has not loaded them yet.</summary>
    NotLoaded = 13,

    /// <summary>128 + SIGHUP.</summary>
    HungUp = 129,

    /// <summary>128 + SIGINT.</summary>
    Interrupted = 130,

    /// <summary>128 + SIGPIPE: the reader of standard output went away.</summary>
    ReaderGone = 141,

    /// <summary>128 + SIGTERM.</summary>
    Terminated = 143,
}

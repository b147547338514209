namespace OsoSnapshot.Formats;

/// <summary>What the process returns; also shown by <c>kubectl get pod</c> with the termination message.</summary>
public enum ExitStatus
{
    /// <summary>Everything is done, and the archive is verified.</summary>
    Done = 0,

    /// <summary>A fault of this program (a bug). There is no new archive.</summary>
    Bug = 1,

    /// <summary>A setting or an option is wrong, or the run starts too late. Nothing was touched.</summary>
    Settings = 2,

    /// <summary>There is no Prometheus, or its files can't be reached. Nothing was touched.</summary>
    TargetUnreachable = 3,

    /// <summary>Prometheus refused the request, or failed. There is no new archive.</summary>
    PrometheusRefused = 4,

    /// <summary>
    /// The volume has too little room. There is no new archive; if only its checksum had no room, there is one.
    /// </summary>
    NoRoom = 5,

    /// <summary>
    /// The archive could not be written or did not verify, or files could not be read or deleted: there is no new
    /// archive. If the disk failed after the archive's rename, there is one, and the termination message names it.
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

    /// <summary>128 + SIGHUP.</summary>
    HungUp = 129,

    /// <summary>128 + SIGINT.</summary>
    Interrupted = 130,

    /// <summary>128 + SIGPIPE: the reader of standard output went away.</summary>
    ReaderGone = 141,

    /// <summary>128 + SIGTERM.</summary>
    Terminated = 143,
}

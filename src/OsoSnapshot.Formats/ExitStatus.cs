namespace OsoSnapshot.Formats;

/// <summary>What the process returns; also shown by <c>kubectl get pod</c> with the termination message.</summary>
public enum ExitStatus
{
    /// <summary>All that was asked for is done, and the archive is verified.</summary>
    Done = 0,

    /// <summary>A fault of this program.</summary>
    Bug = 1,

    /// <summary>A setting or an option is wrong; nothing was touched.</summary>
    Settings = 2,

    /// <summary>There is no Prometheus, or its files can't be reached.</summary>
    TargetUnreachable = 3,

    /// <summary>Prometheus refused the request, or failed.</summary>
    PrometheusRefused = 4,

    /// <summary>The volume has too little room; nothing was left behind.</summary>
    NoRoom = 5,

    /// <summary>The archive could not be written or did not verify, or its blocks are damaged.</summary>
    ArchiveFailed = 6,

    /// <summary>The snapshot holds no block.</summary>
    NoBlock = 7,

    /// <summary>Another run is at work on the data directory.</summary>
    Busy = 8,

    /// <summary>The request reached another Prometheus than the one that writes to the data directory.</summary>
    OtherPrometheus = 9,

    /// <summary>128 + SIGHUP.</summary>
    HungUp = 129,

    /// <summary>128 + SIGINT.</summary>
    Interrupted = 130,

    /// <summary>128 + SIGPIPE: the reader of standard output went away.</summary>
    ReaderGone = 141,

    /// <summary>128 + SIGTERM.</summary>
    Terminated = 143,
}

namespace OsoSnapshotAgent;

/// <summary>What the process returns; also shown by <c>kubectl get pod</c> with the termination message.</summary>
internal enum ExitStatus
{
    Done = 0,
    Bug = 1,
    Settings = 2,
    TargetUnreachable = 3,
    PrometheusRefused = 4,
    NoRoom = 5,
    ArchiveFailed = 6,
    NoBlock = 7,
    Busy = 8,
    OtherPrometheus = 9,

    /// <summary>128 + SIGHUP.</summary>
    HungUp = 129,

    /// <summary>128 + SIGINT.</summary>
    Interrupted = 130,

    /// <summary>128 + SIGPIPE: whoever read standard output has gone.</summary>
    ReaderGone = 141,

    /// <summary>128 + SIGTERM.</summary>
    Terminated = 143,
}

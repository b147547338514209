namespace OsoSnapshotClient.Take;

/// <summary>The options of <c>take</c>, except those for starting an agent.</summary>
internal sealed record TakeOptions
{
    /// <summary>
    /// A file, a directory, s3://BUCKET/KEY, "-" for standard output, or null for the usual name in this directory.
    /// </summary>
    public string? Output { get; init; }

    /// <summary>A backup directory or s3://BUCKET/PREFIX; null to make an archive.</summary>
    public string? Into { get; init; }

    /// <summary>The cluster's name in the backup; null for the UID of its namespace kube-system.</summary>
    public string? Cluster { get; init; }

    /// <summary>Whether the archive and the snapshot stay on the volume.</summary>
    public bool IsKept { get; init; }

    /// <summary>Whether the archive is streamed: no file is made on the volume, and nothing can be resumed.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether an earlier run with other options is given up.</summary>
    public bool IsRestart { get; init; }

    /// <summary>Whether a complete archive on the volume is copied instead of making one.</summary>
    public bool IsReuse { get; init; }

    /// <summary>Whether nothing is done for a pod whose archive is complete in the output.</summary>
    public bool SkipsExisting { get; init; }

    /// <summary>Whether the container stays for later runs.</summary>
    public bool IsResident { get; init; }

    public required CopyOptions Copy { get; init; }

    public bool IsToStandardOutput => Output == "-";
}


namespace OsoSnapshotClient.Take;

/// <summary>The result of the work on a pod.</summary>
/// <param name="Status">The exit status of the work; 0 for success.</param>
internal sealed record PodResult(string Pod, int Status)
{
    /// <summary>The pod's namespace.</summary>
    public string Namespace { get; init; } = string.Empty;

    public string? File { get; init; }

    public long? Bytes { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>The number of blocks of a backup into a directory; null for an archive.</summary>
    public int? Blocks { get; init; }

    /// <summary>The number of blocks that the directory lacked.</summary>
    public int? CopiedBlocks { get; init; }

    /// <summary>The size of the copied blocks' archives.</summary>
    public long? CopiedBytes { get; init; }

    /// <summary>true if the copy has blocks that are damaged on Prometheus' own disk; otherwise null.</summary>
    public bool? HasDamagedBlocks { get; init; }

    /// <summary>What doctor has found; null for other verbs.</summary>
    public IReadOnlyList<DoctorLine>? Checks { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }
}

/// <summary>One line of what doctor has found.</summary>
/// <param name="Verdict">One of good, unknown, warning and bad.</param>
internal sealed record DoctorLine(string Name, string Verdict, string Text, string? Remedy);

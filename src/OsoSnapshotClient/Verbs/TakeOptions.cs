using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Verbs;

/// <summary>What <c>take</c> does besides starting an agent.</summary>
internal sealed record TakeOptions
{
    /// <summary>A file, a directory, "-" for standard output, or null for the usual name here.</summary>
    public string? Output { get; init; }

    /// <summary>A backup directory, in the place of an archive; null for an archive.</summary>
    public string? Into { get; init; }

    /// <summary>How long at most the agent waits for the copy, in the agent's words.</summary>
    public required string Hold { get; init; }

    /// <summary>The archive and the snapshot stay on the volume.</summary>
    public bool IsKept { get; init; }

    /// <summary>No file on the volume, and no way to resume.</summary>
    public bool IsStream { get; init; }

    /// <summary>An earlier run with other options is given up.</summary>
    public bool IsRestart { get; init; }

    /// <summary>An archive that lies on the volume already is copied, if it is whole.</summary>
    public bool IsReuse { get; init; }

    /// <summary>The container stays for later runs.</summary>
    public bool IsResident { get; init; }

    public required CopyOptions Copy { get; init; }

    public bool IsToStandardOutput => Output == "-";
}

/// <summary>How the work on a pod has ended.</summary>
/// <param name="Status">0, or what the process ends with.</param>
internal sealed record PodResult(string Pod, int Status)
{
    public string? File { get; init; }

    public long? Bytes { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>Of a backup into a directory: its blocks.</summary>
    public int? Blocks { get; init; }

    /// <summary>Those that the directory lacked.</summary>
    public int? CopiedBlocks { get; init; }

    /// <summary>Of their archives.</summary>
    public long? CopiedBytes { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }
}

using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>A target to start. The defaults are those of the runbook.</summary>
internal sealed record TargetOptions
{
    public PrometheusVersion Version { get; init; } = PrometheusVersion.V2_42;

    /// <summary>uid:gid of Prometheus.</summary>
    public string User { get; init; } = "65534:65534";

    public FirstProcess FirstProcess { get; init; } = FirstProcess.Prometheus;

    /// <summary>The number of generated blocks.</summary>
    public int BlockCount { get; init; } = 2;

    /// <summary>Size of all generated blocks together.</summary>
    public long BlockBytes { get; init; } = 1 << 20;

    public string StoragePath { get; init; } = "/data";

    /// <summary>Whether a file has the flag of the storage path, and the command line names that file.</summary>
    public bool HasFlagsInFile { get; init; }

    /// <summary>More files in /etc/prometheus.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Symbolic links in /etc/prometheus, with the paths that they lead to.</summary>
    public IReadOnlyDictionary<string, string> Links { get; init; } = new Dictionary<string, string>();

    /// <summary>More flags of Prometheus.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Gives the data directory a file system of this size; 0 for none.</summary>
    public long VolumeBytes { get; init; }
}

/// <summary>
/// Says how to start the image. The defaults are those of kubectl debug --profile=restricted without -i and -t.
/// </summary>
internal sealed record AgentContainerOptions
{
    /// <summary>uid:gid; null means Prometheus' own.</summary>
    public string? User { get; init; }

    public bool HasTerminal { get; init; }

    /// <summary>False starts the agent as a runtime does that ignores --target.</summary>
    public bool SharesProcesses { get; init; } = true;

    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>The mounts, such as "/tmp/x:/data".</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The program's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>What goes into an archive.</summary>
internal sealed record ArchiveSource
{
    /// <summary>In the order of the archive; the directories are read anew each time.</summary>
    public required IEnumerable<TreeEntry> Entries { get; init; }

    /// <summary>The sum of the entries' sizes, for the progress.</summary>
    public required long InputBytes { get; init; }

    public required AccountNames Accounts { get; init; }

    /// <summary>null where no Prometheus process can be seen.</summary>
    public int? PrometheusPid { get; init; }

    /// <summary>Where the archive may stay cached; null for nowhere.</summary>
    public FreeMemory? Memory { get; init; }

    /// <summary>What of the snapshot is not among the entries, in words; null where all of it is.</summary>
    public string? LeftOut { get; init; }
}

using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Archiving;

/// <summary>The content of an archive.</summary>
internal sealed record ArchiveSource
{
    /// <summary>In the order of the archive. Each enumeration reads the directories anew.</summary>
    public required IEnumerable<TreeEntry> Entries { get; init; }

    /// <summary>The sum of the entries' sizes, for the progress.</summary>
    public required long InputBytes { get; init; }

    public required AccountNames Accounts { get; init; }

    /// <summary>null if no Prometheus process can be seen.</summary>
    public int? PrometheusPid { get; init; }

    /// <summary>Says which part of the snapshot the entries leave out; null if they leave out none.</summary>
    public string? LeftOut { get; init; }
}

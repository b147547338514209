using OsoSnapshot.Formats.Tsdb;

namespace OsoSnapshot.Formats.Verification;

/// <summary>What <c>oso-snapshot verify --json</c> prints; the names are its keys.</summary>
internal sealed record VerifyReport
{
    public required string Path { get; init; }

    /// <summary>Of an archive; null for a directory.</summary>
    public long? ArchiveBytes { get; init; }

    /// <summary>Of an archive that has its checksum beside it, and fits it.</summary>
    public string? Sha256 { get; init; }

    /// <summary>0 where all is sound; else as src/OsoSnapshotAgent/REFERENCE.md lists it.</summary>
    public int ExitStatus { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }

    /// <summary>In the order of their names; empty where the archive could not be read to its end.</summary>
    public IReadOnlyList<VerifiedBlock> Blocks { get; init; } = [];

    /// <summary>How many more there are than are listed.</summary>
    public long BlocksLeftOut { get; init; }
}

/// <summary>A block as it was read. The values of its meta.json are null if that file is damaged.</summary>
internal sealed record VerifiedBlock
{
    public required string Ulid { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public long? Series { get; init; }

    public long? Samples { get; init; }

    public required long SizeBytes { get; init; }

    /// <summary>Where there are very many, the last one says how many more there are.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public static VerifiedBlock Of(AuditedBlock block) => new()
    {
        Ulid = block.Id.Text,
        From = block.Meta?.From(),
        To = block.Meta?.To(),
        Series = block.Meta?.Stats.NumSeries,
        Samples = block.Meta?.Stats.NumSamples,
        SizeBytes = block.SizeBytes,
        Problems = block.Problems,
    };
}

using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Archives;

/// <summary>The output of <c>oso-snapshot verify --json</c>. The names are its keys.</summary>
internal sealed record VerifyReport
{
    public required string Path { get; init; }

    /// <summary>The archive's size; null for a directory.</summary>
    public long? ArchiveBytes { get; init; }

    /// <summary>The archive's SHA-256; null if no checksum lies beside it, or the two differ.</summary>
    public string? Sha256 { get; init; }

    /// <summary>0 if everything is sound, otherwise a status of src/OsoSnapshotAgent/REFERENCE.md.</summary>
    public int ExitStatus { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }

    /// <summary>In the order of their names; empty if the archive could not be read to its end.</summary>
    public IReadOnlyList<VerifiedBlock> Blocks { get; init => field = value ?? []; } = [];

    /// <summary>The number of blocks that are not listed.</summary>
    public long BlocksLeftOut { get; init; }

    /// <summary>Whether each value that a client uses is one that an agent may send.</summary>
    public bool IsValid() =>
        ArchiveBytes is null or >= 0
        && (Sha256 is null || Files.Sha256.TryParse(Sha256, out _))
        && !Blocks.Contains(null!);
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

    /// <summary>If there are very many, the last line counts those that are not listed.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What is wrong where Prometheus does not look. The exit status stays 0.</summary>
    public IReadOnlyList<string> Notes { get; init => field = value ?? []; } = [];

    public static VerifiedBlock Of(BlockReport block) => new()
    {
        Ulid = block.Id.Text,
        From = block.Meta?.From(),
        To = block.Meta?.To(),
        Series = block.Meta?.Stats.NumSeries,
        Samples = block.Meta?.Stats.NumSamples,
        SizeBytes = block.SizeBytes,
        Problems = block.Problems,
        Notes = block.Notes,
    };
}

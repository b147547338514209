namespace OsoSnapshotCore.Blocks;

/// <summary>What Prometheus would do with a block.</summary>
internal enum Verdict
{
    /// <summary>It uses the block, and nothing in it is wrong.</summary>
    Sound,

    /// <summary>It uses the block: what is wrong in it is nothing that Prometheus reads.</summary>
    Noted,

    /// <summary>It does not start, logs an error, or answers wrongly.</summary>
    Damaged,
}

/// <summary>The result of checking one block.</summary>
internal sealed record BlockReport
{
    public required BlockId Id { get; init; }

    /// <summary>null if meta.json could not be read.</summary>
    public required BlockMeta? Meta { get; init; }

    /// <summary>The sum of the sizes of its files.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Damage that Prometheus meets. Each problem names the block.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What is wrong where Prometheus does not look; each in words that follow the block's name.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether chunks have an encoding of which only the checksum was judged.</summary>
    public bool HasUnknownEncoding { get; init; }

    /// <summary>The notes in one line; null if there are none.</summary>
    public string? Warning => Notes.Count == 0
        ? null
        : $"⚠️ block {Id}, which Prometheus can use: {string.Join("; ", Notes)}";

    public Verdict Verdict => this switch
    {
        { Problems.Count: > 0 } => Verdict.Damaged,
        { Notes.Count: > 0 } => Verdict.Noted,
        _ => Verdict.Sound,
    };
}

namespace OsoSnapshotCore.Protocol;

/// <summary>A block of the held snapshot, with the names of <c>oso-snapshot blocks --json</c>.</summary>
internal sealed record SnapshotBlock
{
    /// <summary>
    /// The <see cref="Kind"/> of the block that Prometheus made of its in-memory head for this snapshot.
    /// </summary>
    public const string Head = "head";

    /// <summary>The <see cref="Kind"/> of any other block.</summary>
    public const string Block = "block";

    public required string Ulid { get; init; }

    /// <summary>The block's fingerprint: see <see cref="Blocks.BlockFingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    public required string Kind { get; init; }

    /// <summary>Unix milliseconds, as in meta.json; 0 if meta.json is damaged.</summary>
    public required long From { get; init; }

    /// <inheritdoc cref="From"/>
    public required long To { get; init; }

    /// <summary>The sum of the sizes of its files.</summary>
    public required long Bytes { get; init; }

    public required long Series { get; init; }

    public required long Samples { get; init; }

    /// <returns>The values in this order, with tabs between them.</returns>
    public override string ToString() =>
        string.Join('\t', Ulid, Fingerprint, Kind, From, To, Bytes, Series, Samples);
}

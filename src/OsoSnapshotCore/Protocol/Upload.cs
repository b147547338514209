using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Protocol;

/// <summary>What <c>oso-snapshot upload</c> reads first: the block that it sends, and how.</summary>
internal sealed record UploadRequest
{
    /// <summary>The limit of the request in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The limit of any other line that the client sends.</summary>
    public const int MaxLineBytes = 8 << 10;

    /// <summary>The limits of a part. The agent keeps one in memory.</summary>
    public const int MinPartBytes = 64 << 10;

    /// <inheritdoc cref="MinPartBytes"/>
    public const int MaxPartBytes = 16 << 20;

    public required string Ulid { get; init; }

    /// <summary>That of the block: see <see cref="BlockFingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The size of each part but the last.</summary>
    public required int PartBytes { get; init; }

    /// <summary>
    /// The certificate authorities in PEM form that are trusted instead of the image's; null for the image's.
    /// </summary>
    public string? Authorities { get; init; }

    /// <summary>Whether each value is one that a client of this version may send.</summary>
    public bool IsValid() => BlockId.TryParse(Ulid, out _) && BlockFingerprint.IsOne(Fingerprint)
        && PartBytes is >= MinPartBytes and <= MaxPartBytes;
}

/// <summary>
/// One line of <c>oso-snapshot upload</c>, as JSON. One comes every second, so that the reader sees a broken
/// connection.
/// </summary>
internal sealed record UploadEvent
{
    /// <summary>Bytes of the block's files that were read back so far.</summary>
    public long ContentBytes { get; init; }

    /// <summary>A part is made: the agent waits for an <see cref="UploadAnswer"/>.</summary>
    public UploadPart? Part { get; init; }

    /// <summary>
    /// How sending a part ended. After a failure, the agent waits for another <see cref="UploadAnswer"/>.
    /// </summary>
    public UploadSent? Sent { get; init; }

    /// <summary>The block is sent and judged. It is the last line.</summary>
    public UploadEnd? End { get; init; }

    /// <summary>Whether each value is one that an agent of this version may send.</summary>
    public bool IsValid() => ContentBytes >= 0
        && Part is null or { Number: > 0, Bytes: > 0 and <= UploadRequest.MaxPartBytes }
        && (Part is null || Files.Sha256.TryParse(Part.Sha256, out _))
        && End?.IsValid() != false;
}

/// <summary>A part of a block's archive.</summary>
/// <param name="Number">From 1.</param>
internal sealed record UploadPart(int Number, int Bytes, string Sha256);

/// <summary>How sending a part ended.</summary>
/// <param name="Problem">Why the store lacks the part; null if it has it.</param>
internal sealed record UploadSent(int Number, string? Problem);

/// <summary>A block's archive, as the agent has sent it and read it.</summary>
internal sealed record UploadEnd
{
    /// <summary>The archive's size.</summary>
    public required long Bytes { get; init; }

    /// <summary>The archive's SHA-256.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Why the archive is not that block's; null if it is.</summary>
    public string? Damage { get; init; }

    /// <summary>Damage of the block itself, as on Prometheus' disk.</summary>
    public IReadOnlyList<string> Problems { get; init => field = value ?? []; } = [];

    /// <inheritdoc cref="UploadEvent.IsValid"/>
    public bool IsValid() => Bytes > 0 && Files.Sha256.TryParse(Sha256, out _)
        && Problems.Count <= ProblemList.MaxKept + 1 && !Problems.Contains(null!);
}

/// <summary>The client's answer to a part.</summary>
/// <param name="Url">
/// Where to send the part. Whoever knows it may send this part for some minutes, so it is never printed. null: the
/// store has the part.
/// </param>
internal sealed record UploadAnswer(string? Url);

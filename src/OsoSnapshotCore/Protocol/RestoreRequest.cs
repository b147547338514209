using System.Text.Json;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Protocol;

/// <summary>
/// The first line of a client that <c>oso-snapshot receive</c> carries to a run: the blocks that it can send.
/// </summary>
internal sealed record RestoreRequest
{
    /// <summary>The limit of a line in bytes. The maximum number of blocks takes less.</summary>
    public const int MaxBytes = 4 << 20;

    public required IReadOnlyList<OfferedBlock> Blocks { get; init; }

    /// <summary>Whether blocks that the retention would delete are left out. Without it they are refused.</summary>
    public bool LeavesOutExpired { get; init; }

    /// <summary>Whether blocks that reach into the head are left out. Without it they are refused.</summary>
    public bool LeavesOutOverlap { get; init; }

    /// <summary>Whether the run ends after its plan.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>The version of the Prometheus that made the blocks; null if it is unknown.</summary>
    public string? PrometheusVersion { get; init; }

    /// <inheritdoc cref="UploadRequest.Authorities"/>
    public string? Authorities { get; init; }

    /// <returns>null if the text is no request.</returns>
    public static RestoreRequest? TryParse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ControlJson.Default.RestoreRequest) is { } request
                && request.IsValid() ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool IsValid() =>
        Blocks is { Count: > 0 and <= BlockAudit.MaxBlocks }
        && Blocks.All(block => block?.IsValid() == true)
        && Blocks.DistinctBy(block => block.Ulid).Count() == Blocks.Count;
}

/// <summary>A block that a client can send.</summary>
internal sealed record OfferedBlock
{
    public required string Ulid { get; init; }

    /// <summary>The block's fingerprint: see <see cref="BlockFingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Unix milliseconds, as in meta.json.</summary>
    public required long From { get; init; }

    /// <inheritdoc cref="From"/>
    public required long To { get; init; }

    /// <summary>The sum of the sizes of its files.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether its samples are known to have come out of order.</summary>
    public bool IsOutOfOrder { get; init; }

    /// <summary>The SHA-256 of the archive that will be sent; null if it is made while it is sent.</summary>
    public string? Sha256 { get; init; }

    public bool IsValid() =>
        BlockId.TryParse(Ulid, out _) && Bytes > 0 && From <= To
        && Fingerprint is { Length: > 0 } && Fingerprint.All(char.IsAsciiHexDigitLower)
        && (Sha256 is null || Files.Sha256.TryParse(Sha256, out _));
}

/// <summary>
/// A line that a client sends later. The frames of this block's archive follow it, or the run fetches the archive.
/// </summary>
internal sealed record SentBlock
{
    public required string Ulid { get; init; }

    /// <summary>A <see cref="SignedAddress"/> of the archive in the store; null if frames follow.</summary>
    public string? Url { get; init; }

    /// <summary>The archive's size, if it is fetched.</summary>
    public long FileBytes { get; init; }

    /// <returns>null if the text is no such line.</returns>
    public static AnnouncedBlock? TryParse(string json)
    {
        try
        {
            SentBlock? sent = JsonSerializer.Deserialize(json, ControlJson.Default.SentBlock);
            return sent is null || !BlockId.TryParse(sent.Ulid, out BlockId id) ? null
                : sent.Url is null ? new(id, null)
                : SignedAddress.TryParse(sent.Url) is { } address && sent.FileBytes > 0
                    ? new(id, new(address, sent.FileBytes))
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The block that comes next.</summary>
/// <param name="Stored">Where its archive is fetched from; null if frames follow.</param>
internal sealed record AnnouncedBlock(BlockId Id, StoredObject? Stored);

/// <summary>An object of a store. It is no record, whose text would show the address.</summary>
internal sealed class StoredObject(Uri address, long bytes)
{
    /// <inheritdoc cref="SignedAddress"/>
    public Uri Address => address;

    public long Bytes => bytes;
}

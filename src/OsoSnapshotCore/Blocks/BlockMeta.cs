using System.Text.Json;
using System.Text.Json.Serialization;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// A block's <c>meta.json</c>. Source: prometheus/tsdb/block.go, <c>BlockMeta</c> and <c>readMetaFile</c>. They accept
/// any times, such as one after the year 9999 or an end before the start.
/// </summary>
internal sealed record BlockMeta
{
    public const string FileName = "meta.json";

    [JsonPropertyName("ulid")]
    public string Ulid { get; init; } = string.Empty;

    /// <summary>Milliseconds since the Unix epoch, inclusive.</summary>
    [JsonPropertyName("minTime")]
    public long MinTime { get; init; }

    /// <summary>Milliseconds since the Unix epoch, exclusive.</summary>
    [JsonPropertyName("maxTime")]
    public long MaxTime { get; init; }

    /// <summary>The start, for display. It is limited to the years 1 to 9999 of .NET's calendar.</summary>
    public DateTimeOffset From() => Display(MinTime);

    /// <summary>The end, for display. Both are methods, because the JSON generator makes code for properties.</summary>
    public DateTimeOffset To() => Display(MaxTime);

    [JsonPropertyName("stats")]
    public BlockStats Stats { get; init; } = new();

    [JsonPropertyName("version")]
    public int Version { get; init; }

    [JsonPropertyName("compaction")]
    public BlockCompaction Compaction { get; init; } = new();

    /// <exception cref="InvalidDataException">Prometheus would not accept the text as meta.json.</exception>
    public static BlockMeta Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            BlockMeta meta = JsonSerializer.Deserialize(json, TsdbJson.Default.BlockMeta)
                ?? throw new InvalidDataException("meta.json holds null");
            if (meta.Version != 1)
            {
                throw new InvalidDataException($"meta.json has version {meta.Version}; only version 1 is known");
            }

            return BlockId.TryParse(meta.Ulid, out _)
                ? meta with { Stats = meta.Stats ?? new(), Compaction = meta.Compaction ?? new() }
                : throw new InvalidDataException($"meta.json names no ULID: '{meta.Ulid}'");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"meta.json is damaged: {e.Message}", e);
        }
    }

    /// <summary>True if the block holds a time within the range. A bound that is null is open.</summary>
    public bool Overlaps(DateTimeOffset? since, DateTimeOffset? until) =>
        !(until?.ToUnixTimeMilliseconds() < MinTime) && !(since?.ToUnixTimeMilliseconds() >= MaxTime);

    private static DateTimeOffset Display(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(
            milliseconds,
            DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
            DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}

/// <summary>What a block was made of: <c>BlockMetaCompaction</c>.</summary>
internal sealed record BlockCompaction
{
    private const string FromOutOfOrder = "from-out-of-order";

    /// <summary>The blocks without parents that the block was made of, itself among them if it has none.</summary>
    [JsonPropertyName("sources")]
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>The blocks that it replaces.</summary>
    [JsonPropertyName("parents")]
    public IReadOnlyList<BlockParent>? Parents { get; init; }

    /// <summary>Prometheus deletes the block at its next reload.</summary>
    [JsonPropertyName("deletable")]
    public bool IsDeletable { get; init; }

    [JsonPropertyName("hints")]
    public IReadOnlyList<string>? Hints { get; init; }

    /// <summary>Whether its samples came out of order. Prometheus then keeps the head's beside them.</summary>
    public bool IsOutOfOrder() => Hints?.Contains(FromOutOfOrder) == true;

    /// <summary>Whether the block holds the samples of another one.</summary>
    public bool IsMadeOf(string ulid) =>
        Sources?.Contains(ulid) == true || Parents?.Any(parent => parent?.Ulid == ulid) == true;
}

internal sealed record BlockParent
{
    [JsonPropertyName("ulid")]
    public string? Ulid { get; init; }
}

internal sealed record BlockStats
{
    [JsonPropertyName("numSamples")]
    [JsonConverter(typeof(CountConverter))]
    public long NumSamples { get; init; }

    [JsonPropertyName("numSeries")]
    [JsonConverter(typeof(CountConverter))]
    public long NumSeries { get; init; }

    [JsonPropertyName("numChunks")]
    [JsonConverter(typeof(CountConverter))]
    public long NumChunks { get; init; }
}

/// <summary>
/// Reads Prometheus' uint64. Values that no block can hold are cut, so that no sum over blocks overflows.
/// </summary>
internal sealed class CountConverter : JsonConverter<long>
{
    private const ulong MaxCount = long.MaxValue / BlockAudit.MaxBlocks;

    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (long)Math.Min(reader.GetUInt64(), MaxCount);

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}

[JsonSerializable(typeof(BlockMeta))]
internal sealed partial class TsdbJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;

namespace OsoSnapshotAgent.Tsdb;

/// <summary>A block's <c>meta.json</c>. Source: prometheus/tsdb/block.go, <c>BlockMeta</c>.</summary>
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

    // No properties, since the JSON generator makes code for these even where they are ignored.
    public DateTimeOffset From() => DateTimeOffset.FromUnixTimeMilliseconds(MinTime);

    public DateTimeOffset To() => DateTimeOffset.FromUnixTimeMilliseconds(MaxTime);

    [JsonPropertyName("stats")]
    public BlockStats Stats { get; init; } = new();

    [JsonPropertyName("version")]
    public int Version { get; init; }

    /// <exception cref="InvalidDataException">The text is no meta.json that Prometheus would accept.</exception>
    public static BlockMeta Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            BlockMeta meta = JsonSerializer.Deserialize(json, TsdbJson.Default.BlockMeta) ?? throw new InvalidDataException("meta.json holds null");
            return meta.Version != 1 ? throw new InvalidDataException($"meta.json has version {meta.Version}; only version 1 is known")
                : !Tsdb.Ulid.IsValid(meta.Ulid) ? throw new InvalidDataException($"meta.json names no ULID: '{meta.Ulid}'")
                : !IsTime(meta.MinTime) || !IsTime(meta.MaxTime) ? throw new InvalidDataException($"meta.json has a time out of range: {meta.MinTime} to {meta.MaxTime}")
                : meta.MinTime > meta.MaxTime ? throw new InvalidDataException($"meta.json ends ({meta.MaxTime}) before it starts ({meta.MinTime})")
                : meta with { Stats = meta.Stats ?? new() };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"meta.json is damaged: {e.Message}", e);
        }
    }

    private static bool IsTime(long milliseconds) =>
        milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>True when the block holds a time within the range; a bound that is null is open.</summary>
    public bool Overlaps(DateTimeOffset? since, DateTimeOffset? until) =>
        !(until?.ToUnixTimeMilliseconds() < MinTime) && !(since?.ToUnixTimeMilliseconds() >= MaxTime);
}

internal sealed record BlockStats
{
    [JsonPropertyName("numSamples")]
    public long NumSamples { get; init; }

    [JsonPropertyName("numSeries")]
    public long NumSeries { get; init; }

    [JsonPropertyName("numChunks")]
    public long NumChunks { get; init; }
}

[JsonSerializable(typeof(BlockMeta))]
internal sealed partial class TsdbJson : JsonSerializerContext;

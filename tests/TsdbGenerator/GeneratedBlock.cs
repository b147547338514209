namespace TsdbGenerator;

/// <summary>
/// A block on the disk. The times are those of its meta.json, in Unix milliseconds, <paramref name="MaxTime"/>
/// exclusive.
/// </summary>
public sealed record GeneratedBlock(
    string Ulid, string Directory, long MinTime, long MaxTime, long NumSeries, long NumSamples, long NumChunks, long SizeBytes);

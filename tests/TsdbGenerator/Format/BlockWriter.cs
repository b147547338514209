using System.Text.Json;
using TsdbGenerator.Model;

namespace TsdbGenerator.Format;

/// <summary>Writes one block directory: chunks/, index, meta.json and tombstones.</summary>
internal sealed class BlockWriter(string ulid, string directory, Timeline timeline, int block, GeneratorOptions options)
{
    private readonly Sample[] _samples = new Sample[timeline.ScrapesPerBlock];
    private readonly List<ChunkEntry> _chunks = [];
    private long _sampleCount;
    private long _chunkCount;

    public GeneratedBlock Write(IReadOnlyList<Series> series)
    {
        // Prometheus also builds a block under this name, and removes such a directory at its next start.
        string unfinished = Path.Combine(directory, ulid + ".tmp-for-creation");
        string finished = Path.Combine(directory, ulid);
        if (Directory.Exists(finished))
        {
            throw new IOException($"The block {finished} already exists: choose another directory or another seed.");
        }

        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        string chunks = Path.Combine(unfinished, "chunks");
        Directory.CreateDirectory(chunks);
        WriteIndexAndChunks(series, Path.Combine(unfinished, "index"), chunks);
        WriteMeta(Path.Combine(unfinished, "meta.json"), series.Count);

        // Source: Prometheus, tsdb/docs/format/tombstones.md: magic, version, no tombstone, and the CRC-32C of no
        // bytes.
        File.WriteAllBytes(Path.Combine(unfinished, "tombstones"), [0x01, 0x30, 0xBA, 0x30, 1, 0, 0, 0, 0]);

        Directory.Move(unfinished, finished);
        long bytes = new DirectoryInfo(finished).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return new GeneratedBlock(
            ulid, finished, timeline.StartOf(block), timeline.EndOf(block), series.Count, _sampleCount, _chunkCount, bytes);
    }

    private void WriteIndexAndChunks(IReadOnlyList<Series> series, string indexPath, string chunksDirectory)
    {
        (List<string> symbols, int[][] labels) = SymbolTable.Build(series);
        int[] order = [.. Enumerable.Range(0, series.Count)];
        Array.Sort(order, (left, right) => labels[left].AsSpan().SequenceCompareTo(labels[right]));

        using var index = new IndexWriter(indexPath, symbols, options.Index);
        using var segments = new ChunkSegmentWriter(chunksDirectory, options.SegmentBytes);
        foreach (int i in order)
        {
            _chunks.Clear();
            Span<Sample> samples = _samples.AsSpan(0, series[i].Fill(_samples));
            _sampleCount += samples.Length;
            while (!samples.IsEmpty)
            {
                int length = Math.Min(samples.Length, XorChunkEncoder.MaxSamples);
                _chunks.Add(segments.Write(samples[..length]));
                samples = samples[length..];
            }

            _chunkCount += _chunks.Count;
            index.AddSeries(labels[i], _chunks);
        }

        index.Finish();
    }

    private void WriteMeta(string path, int seriesCount)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 });
        json.WriteStartObject();
        json.WriteString("ulid", ulid);
        json.WriteNumber("minTime", timeline.StartOf(block));
        json.WriteNumber("maxTime", timeline.EndOf(block));
        json.WriteStartObject("stats");
        json.WriteNumber("numSamples", _sampleCount);
        json.WriteNumber("numSeries", seriesCount);
        json.WriteNumber("numChunks", _chunkCount);
        json.WriteEndObject();
        json.WriteStartObject("compaction");
        json.WriteNumber("level", 1);
        json.WriteStartArray("sources");
        json.WriteStringValue(ulid);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNumber("version", 1);
        json.WriteEndObject();
    }
}

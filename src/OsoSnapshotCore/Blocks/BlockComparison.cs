using System.Globalization;
using OsoSnapshotCore.Blocks.Index;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Blocks;

/// <summary>Compares the index of a block with its chunks and its meta.json, each of them sound by itself.</summary>
internal sealed class BlockComparison(ReferenceLedger references, ChunkLedger chunks)
{
    private readonly SegmentTally[] _segments = chunks.InOrder();

    /// <param name="meta">null if it is damaged.</param>
    /// <param name="open">Opens a file of the block; null if no file can be read again.</param>
    /// <returns>What Prometheus would fail at, in words that follow the block's name; null if nothing.</returns>
    public string? Problem(BlockMeta? meta, Func<string, FileStream>? open)
    {
        bool samePlaces = AreSame(segment => segment.Positions);
        bool areTimesKnown = samePlaces && references.IsAscending;
        if (areTimesKnown && references.OutOfTime > 0)
        {
            return ": chunks and index do not belong together:"
                + $" {Plural.Of(references.OutOfTime, "chunk")} with other times than in the index";
        }

        if (samePlaces && (AreSame(segment => segment.Times) || (areTimesKnown && chunks.Times.HoldsAll)))
        {
            return null;
        }

        // Prometheus writes references in ascending order, and counts the chunks: an index that names fewer has lost
        // some.
        bool hasLost = meta?.Stats.NumChunks > references.Count && meta.Stats.NumChunks == chunks.Times.Count;
        if (open is not null && (samePlaces || (references.IsAscending && !hasLost)))
        {
            return ReadAgain(open);
        }

        return samePlaces ? null : Difference();
    }

    /// <returns>What is wrong without that Prometheus would notice.</returns>
    public IEnumerable<string> Notes(IndexFigures index, BlockMeta? meta)
    {
        foreach (string note in index.Notes)
        {
            yield return note;
        }

        if (chunks.Times.Count > references.Count)
        {
            yield return $"{Plural.Of(chunks.Times.Count - references.Count, "chunk")} that no series names";
        }

        if (chunks.Samples is null)
        {
            yield return "chunks of an unknown encoding";
        }

        foreach (string note in meta is null ? [] : MetaNotes(index, meta))
        {
            yield return note;
        }
    }

    private IEnumerable<string> MetaNotes(IndexFigures index, BlockMeta meta)
    {
        if (references.Count > 0 && (references.MinTime < meta.MinTime || references.MaxTime >= meta.MaxTime))
        {
            yield return "chunks outside the times of meta.json";
        }

        (string Name, long Stated, long? Found)[] counts =
        [
            ("series", meta.Stats.NumSeries, index.Series.Count),
            ("chunks", meta.Stats.NumChunks, chunks.Times.Count),
            ("samples", meta.Stats.NumSamples, chunks.Samples),
        ];
        foreach ((string name, long stated, long? found) in counts)
        {
            if (found is { } count && count != stated)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{count} {name}, but meta.json counts {stated}");
            }
        }
    }

    private string? ReadAgain(Func<string, FileStream> open)
    {
        try
        {
            ReferenceReader.Run(Array.ConvertAll(_segments, segment => segment.Name), open);
            return null;
        }
        catch (InvalidDataException e)
        {
            return $"{(AreSame(segment => segment.Positions) ? string.Empty : Difference())}: {e.Message}";
        }
    }

    private string Difference()
    {
        ulong missing = chunks.FirstMissing();
        bool hasGap = missing == 1 || Array.Exists(_segments, segment => ChunkLedger.NumberOf(segment) > missing);
        return hasGap || references.Places.Count > _segments.Length
            ? $" has no {ChunkSegmentCheck.Directory}{missing:000000}"
            : ": chunks and index do not belong together";
    }

    private bool AreSame(Func<SegmentTally, SequenceHash> part)
    {
        for (int i = 0; i < Math.Max(_segments.Length, references.Places.Count); i++)
        {
            SequenceHash held = i < _segments.Length ? part(_segments[i]) : default;
            SequenceHash named = i < references.Places.Count ? part(references.Places[i]) : default;
            if (held != named)
            {
                return false;
            }
        }

        return true;
    }
}

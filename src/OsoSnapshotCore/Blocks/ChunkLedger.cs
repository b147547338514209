using System.Globalization;

namespace OsoSnapshotCore.Blocks;

/// <summary>The chunks of one segment, or the index's references to them.</summary>
internal sealed class SegmentTally
{
    /// <summary>The segment's name, <c>000001</c>; empty for the references.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The ordinal of its first chunk among all chunks of the block.</summary>
    public long FirstOrdinal { get; init; }

    public SequenceHash Positions;

    /// <summary>Each position with the first time of its chunk.</summary>
    public SequenceHash Times;
}

/// <summary>What the segments of a block hold, in memory that does not grow with them.</summary>
internal sealed class ChunkLedger
{
    // A segment has 512 MiB, so this is a block of 5 TiB.
    public const int MaxSegments = 10_000;

    private readonly List<SegmentTally> _segments = [];

    public ChunkTimes Times { get; } = new();

    /// <summary>The sum of what the chunks state; null if the encoding of a chunk is unknown.</summary>
    public long? Samples { get; private set; } = 0;

    public void Clear()
    {
        _segments.Clear();
        Times.Clear();
        Samples = 0;
    }

    /// <exception cref="InvalidDataException">There are too many segments.</exception>
    public SegmentTally Start(string name)
    {
        if (_segments.Count == MaxSegments)
        {
            throw new InvalidDataException($"the block has more than {MaxSegments} segments");
        }

        SegmentTally segment = new() { Name = name, FirstOrdinal = Times.Count };
        _segments.Add(segment);
        return segment;
    }

    /// <param name="samples">null if the encoding is unknown.</param>
    public void Add(SegmentTally segment, long position, int? samples, long firstTime)
    {
        segment.Positions.Add((ulong)position);
        segment.Times.Add((ulong)position, (ulong)firstTime);
        Times.Add(firstTime);
        Samples += samples;
    }

    /// <summary>
    /// The segments as Prometheus counts them: by the byte order of their names, without regard to the numbers. Source:
    /// tsdb/chunks/chunks.go, sequenceFiles and ChunkOrIterable.
    /// </summary>
    public SegmentTally[] InOrder() => [.. _segments.OrderBy(segment => segment.Name, StringComparer.Ordinal)];

    /// <returns>The first number, from 1 on, that the segments lack.</returns>
    public ulong FirstMissing()
    {
        ulong expected = 1;
        foreach (ulong number in InOrder().Select(NumberOf))
        {
            if (number > expected)
            {
                break;
            }

            expected = number + 1;
        }

        return expected;
    }

    public static ulong NumberOf(SegmentTally segment) => ulong.Parse(segment.Name, CultureInfo.InvariantCulture);
}

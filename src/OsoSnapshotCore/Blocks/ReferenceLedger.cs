namespace OsoSnapshotCore.Blocks;

/// <summary>Gets the chunks that the series of an index name, in the index's order.</summary>
internal interface IChunkReferences
{
    /// <param name="reference">The segment's place in the upper 32 bits, the chunk's position in the lower.</param>
    /// <param name="minTime">The time of the chunk's first sample.</param>
    /// <param name="maxTime">The time of its last sample.</param>
    /// <exception cref="InvalidDataException">No chunk is there.</exception>
    void Add(ulong reference, long minTime, long maxTime);
}

/// <summary>Sums the references of an index as <see cref="ChunkLedger"/> sums the chunks.</summary>
internal sealed class ReferenceLedger(ChunkLedger chunks) : IChunkReferences
{
    private readonly List<SegmentTally> _places = [];
    private readonly SegmentTally[] _segments = chunks.InOrder();
    private ulong _last;
    private int _place = -1;

    /// <summary>The references to each place among the segments.</summary>
    public IReadOnlyList<SegmentTally> Places => _places;

    public long Count { get; private set; }

    public long MinTime { get; private set; } = long.MaxValue;

    public long MaxTime { get; private set; } = long.MinValue;

    /// <summary>
    /// How many of the chunks whose times are kept start outside their times in the index. Only the order of the
    /// references tells which chunk is which.
    /// </summary>
    public long OutOfTime { get; private set; }

    public bool IsAscending { get; private set; } = true;

    public void Add(ulong reference, long minTime, long maxTime)
    {
        int place = Enter(reference >> 32);
        SegmentTally tally = _places[place];
        ulong position = (uint)reference;
        IsAscending &= Count == 0 || reference > _last;
        _last = reference;
        Count++;
        if (place < _segments.Length)
        {
            long time = chunks.Times.Of(_segments[place].FirstOrdinal + tally.Positions.Count);
            OutOfTime += time != ChunkTimes.Unknown && (time < minTime || time > maxTime) ? 1 : 0;
        }

        tally.Positions.Add(position);
        tally.Times.Add(position, (ulong)minTime);
        MinTime = Math.Min(MinTime, minTime);
        MaxTime = Math.Max(MaxTime, maxTime);
    }

    private int Enter(ulong place)
    {
        if (_place >= 0 && place == (ulong)_place)
        {
            return _place;
        }

        if (place >= ChunkLedger.MaxSegments)
        {
            throw new InvalidDataException($"index: a series names a chunk in segment {place + 1}");
        }

        while (_places.Count <= (int)place)
        {
            _places.Add(new());
        }

        return _place = (int)place;
    }
}

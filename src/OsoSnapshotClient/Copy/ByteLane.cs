namespace OsoSnapshotClient.Copy;

/// <summary>
/// The bytes that one connection carries: a slice of a range, and the slice after each further step. Several
/// connections share a range in such lanes, so that its bytes arrive nearly in their order.
/// </summary>
internal sealed class ByteLane
{
    private readonly ByteRange _range;
    private readonly long _sliceBytes;
    private readonly long _stepBytes;
    private ByteRange _slice;

    private ByteLane(ByteRange range, long first, long sliceBytes, long stepBytes)
    {
        (_range, _sliceBytes, _stepBytes) = (range, sliceBytes, stepBytes);
        Enter(first);
    }

    /// <summary>The first byte that has not arrived.</summary>
    public long Offset { get; private set; }

    /// <summary>The bytes from there to the end of the slice; 0 if the lane is complete.</summary>
    public long SliceLeft => _slice.End - Offset;

    /// <summary>The distance to the next slice; null if this slice has begun or is the last one.</summary>
    public long? Step => Offset == _slice.Start && Offset + _stepBytes < _range.End ? _stepBytes : null;

    /// <summary>Splits a range into lanes.</summary>
    /// <param name="lanes">The number of lanes; 1 for the range as a whole.</param>
    public static IEnumerable<ByteLane> Split(ByteRange range, int lanes, long sliceBytes) => lanes == 1
        ? [new(range, range.Start, range.Length, range.Length)]
        : Enumerable.Range(0, lanes)
            .Select(lane => new ByteLane(range, range.Start + (lane * sliceBytes), sliceBytes, lanes * sliceBytes));

    /// <param name="count">The number of bytes that arrived; at most <see cref="SliceLeft"/>.</param>
    public void Advance(long count)
    {
        Offset += count;
        if (SliceLeft == 0)
        {
            Enter(_slice.Start + _stepBytes);
        }
    }

    private void Enter(long start)
    {
        Offset = Math.Min(start, _range.End);
        _slice = new(Offset, Math.Min(Offset + _sliceBytes, _range.End));
    }
}

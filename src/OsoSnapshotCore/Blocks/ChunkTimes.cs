namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The first times of chunks by their ordinals: all of them in a small block, every second, fourth and so on in a
/// larger one, so that the memory has a limit.
/// </summary>
internal sealed class ChunkTimes
{
    /// <summary>No chunk starts at this time: it stands for a chunk whose first time is unknown.</summary>
    public const long Unknown = long.MinValue;

    // 2 MiB. Equal hashes of all times prove them; these are asked only where the hashes differ.
    private const int MaxKept = 1 << 18;

    // One array for all blocks: the garbage of a growing one would add to the pod's memory.
    private long[]? _times;
    private int _kept;
    private int _shift;

    public long Count { get; private set; }

    /// <summary>False if there were more chunks than fit.</summary>
    public bool HoldsAll => _shift == 0;

    public void Clear() => (Count, _kept, _shift) = (0, 0, 0);

    public void Add(long time)
    {
        _times ??= GC.AllocateUninitializedArray<long>(MaxKept);
        if (_kept == MaxKept && IsKept(Count))
        {
            for (int i = 0; i < MaxKept / 2; i++)
            {
                _times[i] = _times[2 * i];
            }

            (_kept, _shift) = (MaxKept / 2, _shift + 1);
        }

        if (IsKept(Count))
        {
            _times[_kept++] = time;
        }

        Count++;
    }

    /// <returns><see cref="Unknown"/> if the chunk's time is not kept.</returns>
    public long Of(long ordinal) =>
        ordinal >= 0 && ordinal < Count && IsKept(ordinal) ? _times![ordinal >> _shift] : Unknown;

    private bool IsKept(long ordinal) => (ordinal & ((1L << _shift) - 1)) == 0;
}

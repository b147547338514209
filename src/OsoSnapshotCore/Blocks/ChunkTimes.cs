namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The first times of chunks by their ordinals: all of them in a small block, every second, fourth and so on in a
/// larger one, so that the memory has a limit.
/// </summary>
internal sealed class ChunkTimes
{
    /// <summary>No chunk starts at this time: it stands for a chunk whose first time is unknown.</summary>
    public const long Unknown = long.MinValue;

    private const int MaxKept = 1 << 20;

    private long[] _times = [];
    private int _kept;
    private int _shift;

    public long Count { get; private set; }

    /// <summary>False if there were more chunks than fit.</summary>
    public bool HoldsAll => _shift == 0;

    public void Clear() => (Count, _kept, _shift) = (0, 0, 0);

    public void Add(long time)
    {
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
            if (_kept == _times.Length)
            {
                Array.Resize(ref _times, Math.Max(1024, 2 * _kept));
            }

            _times[_kept++] = time;
        }

        Count++;
    }

    /// <returns><see cref="Unknown"/> if the chunk's time is not kept.</returns>
    public long Of(long ordinal) =>
        ordinal >= 0 && ordinal < Count && IsKept(ordinal) ? _times[ordinal >> _shift] : Unknown;

    private bool IsKept(long ordinal) => (ordinal & ((1L << _shift) - 1)) == 0;
}

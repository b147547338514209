using System.Runtime.ExceptionServices;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>A piece of the input, with its compressed form.</summary>
internal sealed class Slice
{
    public const int PlainBytes = 512 * 1024;

    // Deflate stores data that it can't compress, with five extra bytes for each 64 KiB.
    private const int PackedBytes = PlainBytes + 4096;

    public byte[] Plain { get; } = GC.AllocateUninitializedArray<byte>(PlainBytes);

    public byte[] Packed { get; } = GC.AllocateUninitializedArray<byte>(PackedBytes);

    public int Length { get; set; }

    public int PackedLength { get; set; }
}

/// <summary>
/// Slices in a ring. One thread fills them in order, workers compress them in any order, and one thread writes them in
/// order. The number of slices bounds the memory, and a slow writer makes the other threads wait.
/// </summary>
internal sealed class SliceRing
{
    private readonly Slice[] _slices;
    private readonly bool[] _isPacked;
    private readonly object _lock = new();
    private Exception? _failure;
    private long _filled;
    private long _taken;
    private long _written;
    private bool _isComplete;

    public SliceRing(int workers)
    {
        _slices = [.. Enumerable.Range(0, (2 * workers) + 1).Select(_ => new Slice())];
        _isPacked = new bool[_slices.Length];
    }

    /// <summary>Waits for a free slice, for the thread that fills.</summary>
    /// <returns>An empty slice. Call <see cref="Fill"/> when it is full.</returns>
    public Slice WaitForFree()
    {
        lock (_lock)
        {
            WaitWhile(() => _filled - _written == _slices.Length);
            ThrowIfFailed();
            Slice slice = SliceAt(_filled);
            slice.Length = 0;
            return slice;
        }
    }

    /// <summary>Passes the filled slice on to the workers.</summary>
    public void Fill()
    {
        lock (_lock)
        {
            _filled++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for a filled slice, for a worker.</summary>
    /// <param name="number">The slice's number, for <see cref="Pack"/>.</param>
    /// <returns>The next filled slice; null if there are no more.</returns>
    public Slice? WaitForFilled(out long number)
    {
        lock (_lock)
        {
            WaitWhile(() => _taken == _filled && !_isComplete);
            number = _taken;
            return _failure is null && _taken < _filled ? SliceAt(_taken++) : null;
        }
    }

    /// <summary>Passes a compressed slice on to the writer.</summary>
    public void Pack(long number)
    {
        lock (_lock)
        {
            _isPacked[number % _slices.Length] = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for the next compressed slice, for the thread that writes.</summary>
    /// <returns>The next compressed slice in order; null if there are no more.</returns>
    public Slice? WaitForPacked()
    {
        lock (_lock)
        {
            WaitWhile(() => !_isPacked[_written % _slices.Length] && !(_isComplete && _written == _filled));
            return _failure is null && _isPacked[_written % _slices.Length] ? SliceAt(_written) : null;
        }
    }

    /// <summary>Frees the slice that <see cref="WaitForPacked"/> returned last.</summary>
    public void Free()
    {
        lock (_lock)
        {
            _isPacked[_written % _slices.Length] = false;
            _written++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Ends the filling: no more slices follow.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Ends every wait. The filling thread gets the first failure.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            Monitor.PulseAll(_lock);
        }
    }

    public void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private Slice SliceAt(long number) => _slices[number % _slices.Length];

    private void WaitWhile(Func<bool> condition)
    {
        while (_failure is null && condition())
        {
            Monitor.Wait(_lock);
        }
    }
}

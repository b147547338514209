using System.Buffers.Binary;
using System.Runtime.ExceptionServices;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Compresses with several workers into one gzip member (RFC 1952): what is written is cut into slices, which workers
/// compress by themselves and a thread writes in order. The slices are a ring, so memory depends on the number of
/// workers alone, and a slow output slows the writer down.
/// </summary>
internal sealed class GzipPipeline : WriteStream
{
    /// <summary>Magic, method deflate, no flags, no time, the fastest algorithm, Unix.</summary>
    internal static readonly byte[] Header = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3];

    /// <summary>An empty last block with fixed codes: RFC 1951, section 3.2.3.</summary>
    private static readonly byte[] FinalBlock = [0x03, 0x00];

    private const int SliceBytes = 512 * 1024;

    // Deflate stores what it can't compress, at five bytes for each 64 KiB.
    private const int PackedBytes = SliceBytes + 4096;

    private readonly Stream _output;
    private readonly IDeflateEngine _engine;
    private readonly CancellationToken _token;
    private readonly Slice[] _ring;
    private readonly Thread[] _threads;
    private readonly object _lock = new();
    private Slice? _filling;
    private Exception? _failure;
    private long _filled;
    private long _taken;
    private bool _ended;
    private bool _completed;
    private uint _crc;
    private long _length;

    public GzipPipeline(Stream output, IDeflateEngine engine, int workers, CancellationToken token)
    {
        (_output, _engine, _token) = (output, engine, token);
        _ring = [.. Enumerable.Range(0, (2 * workers) + 1).Select(_ => new Slice())];
        _threads = [.. Enumerable.Range(0, workers).Select(number => Start(Compress, $"deflate {number}")), Start(WriteInOrder, "archive")];
    }

    private enum State
    {
        Free,
        Filled,
        Packed,
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            _filling ??= NextFree();
            int count = Math.Min(buffer.Length, SliceBytes - _filling.Length);
            buffer[..count].CopyTo(_filling.Plain.AsSpan(_filling.Length));
            _filling.Length += count;
            buffer = buffer[count..];
            if (_filling.Length == SliceBytes)
            {
                HandOver(_filling);
            }
        }
    }

    /// <summary>Writes what is left and the trailer; without it the archive is no gzip file.</summary>
    public void Complete()
    {
        if (_filling is not null)
        {
            HandOver(_filling);
        }

        End();
        ThrowIfFailed();
        if (_filled == 0)
        {
            _output.Write(Header);
        }

        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)_length);
        _output.Write(FinalBlock);
        _output.Write(trailer);
        _completed = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (!_completed)
        {
            Fail(new ObjectDisposedException(nameof(GzipPipeline)));
            End();
        }

        base.Dispose(disposing);
    }

    private static Thread Start(ThreadStart body, string name)
    {
        Thread thread = new(body, maxStackSize: 256 * 1024) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void HandOver(Slice slice)
    {
        _crc = _engine.AppendCrc32(slice.Plain, slice.Length);
        _length += slice.Length;
        _filling = null;
        lock (_lock)
        {
            slice.State = State.Filled;
            _filled++;
            Monitor.PulseAll(_lock);
        }
    }

    private Slice NextFree()
    {
        Slice slice = _ring[_filled % _ring.Length];
        lock (_lock)
        {
            while (slice.State != State.Free && _failure is null)
            {
                Monitor.Wait(_lock);
            }
        }

        ThrowIfFailed();
        _token.ThrowIfCancellationRequested();
        return slice;
    }

    /// <summary>Takes the next filled slice, or null when there will be no more.</summary>
    private Slice? Take()
    {
        lock (_lock)
        {
            while (_taken == _filled)
            {
                if (_ended || _failure is not null)
                {
                    return null;
                }

                Monitor.Wait(_lock);
            }

            return _failure is null ? _ring[_taken++ % _ring.Length] : null;
        }
    }

    private void Compress() => Guarded(() =>
    {
        using IDeflater deflater = _engine.CreateDeflater();
        while (Take() is { } slice)
        {
            slice.PackedLength = deflater.Deflate(slice.Plain.AsSpan(0, slice.Length), slice.Packed);
            SetState(slice, State.Packed);
        }
    });

    private void WriteInOrder() => Guarded(() =>
    {
        for (long written = 0; ; written++)
        {
            Slice slice = _ring[written % _ring.Length];
            lock (_lock)
            {
                while (slice.State != State.Packed)
                {
                    if (_failure is not null || (_ended && written == _filled))
                    {
                        return;
                    }

                    Monitor.Wait(_lock);
                }
            }

            if (written == 0)
            {
                _output.Write(Header);
            }

            _output.Write(slice.Packed.AsSpan(0, slice.PackedLength));
            slice.Length = 0;
            SetState(slice, State.Free);
        }
    });

    private void SetState(Slice slice, State state)
    {
        lock (_lock)
        {
            slice.State = state;
            Monitor.PulseAll(_lock);
        }
    }

    private void Guarded(Action body)
    {
        try
        {
            body();
        }
#pragma warning disable CA1031 // Handed on to the thread that writes, which throws it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            Monitor.PulseAll(_lock);
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private sealed class Slice
    {
        public byte[] Plain { get; } = GC.AllocateUninitializedArray<byte>(SliceBytes);

        public byte[] Packed { get; } = GC.AllocateUninitializedArray<byte>(PackedBytes);

        public int Length { get; set; }

        public int PackedLength { get; set; }

        public State State { get; set; }
    }
}

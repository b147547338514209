using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>
/// Compresses with several workers into one gzip member (RFC 1952). The input is cut into slices. Each worker
/// compresses whole slices, and a thread writes them in order.
/// </summary>
internal sealed class GzipPipeline : WriteStream
{
    /// <summary>Magic, method deflate, no flags, no time, the fastest algorithm, Unix.</summary>
    internal static readonly byte[] Header = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3];

    /// <summary>An empty last block with fixed codes: RFC 1951, section 3.2.3.</summary>
    private static readonly byte[] FinalBlock = [0x03, 0x00];

    private readonly Stream _output;
    private readonly IDeflateEngine _engine;
    private readonly CancellationToken _token;
    private readonly SliceRing _ring;
    private readonly Action<CancellationToken>? _beforeSlice;
    private readonly Thread[] _threads;
    private Slice? _filling;
    private readonly Crc32 _crc = new();
    private uint _length;
    private bool _isComplete;

    /// <param name="output">A thread of the pipeline writes to it until <see cref="Complete"/> or Dispose
    /// returns.</param>
    /// <param name="beforeSlice">Each worker calls it before it compresses a slice. It may wait, but must return when
    /// the token is cancelled.</param>
    public GzipPipeline(
        Stream output,
        IDeflateEngine engine,
        int workers,
        CancellationToken token,
        Action<CancellationToken>? beforeSlice = null)
    {
        (_output, _engine, _token, _ring, _beforeSlice) = (output, engine, token, new(workers), beforeSlice);
        _threads =
        [
            .. Enumerable.Range(0, workers).Select(number => Start(Compress, $"deflate {number}")),
            Start(WriteInOrder, "archive"),
        ];
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            _token.ThrowIfCancellationRequested();
            _filling ??= _ring.WaitForFree();
            int count = Math.Min(buffer.Length, Slice.PlainBytes - _filling.Length);
            buffer[..count].CopyTo(_filling.Plain.AsSpan(_filling.Length));
            _filling.Length += count;
            buffer = buffer[count..];
            if (_filling.Length == Slice.PlainBytes)
            {
                HandOver(_filling);
            }
        }
    }

    /// <summary>Writes the last slices and the trailer. A gzip file is not valid without the trailer.</summary>
    public void Complete()
    {
        if (_filling is not null)
        {
            HandOver(_filling);
        }

        _ring.Complete();
        Join();
        _ring.ThrowIfFailed();
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        _output.Write(FinalBlock);
        _output.Write(trailer);
        _isComplete = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (!_isComplete)
        {
            _ring.Fail(new ObjectDisposedException(nameof(GzipPipeline)));
            Join();
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
        _crc.Append(slice.Plain.AsSpan(0, slice.Length));
        _length += (uint)slice.Length;
        _filling = null;
        _ring.Fill();
    }

    private void Compress() => Guarded(() =>
    {
        using IDeflater deflater = _engine.CreateDeflater();
        while (_ring.WaitForFilled(out long number) is { } slice)
        {
            _beforeSlice?.Invoke(_token);
            slice.PackedLength = deflater.Deflate(slice.Plain.AsSpan(0, slice.Length), slice.Packed);
            _ring.Pack(number);
        }
    });

    private void WriteInOrder() => Guarded(() =>
    {
        _output.Write(Header);
        while (_ring.WaitForPacked() is { } slice)
        {
            _output.Write(slice.Packed.AsSpan(0, slice.PackedLength));
            _ring.Free();
        }
    });

    private void Guarded(Action body)
    {
        try
        {
            body();
        }
#pragma warning disable CA1031 // The thread that writes to this stream rethrows it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _ring.Fail(e);
        }
    }

    private void Join()
    {
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }
}

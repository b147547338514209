using System.Runtime.InteropServices;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>
/// Reads one gzip member with ISA-L, and checks its checksum and length. More data after the member is an error. The
/// offsets are those of <c>struct inflate_state</c> in isa-l/igzip_lib.h.
/// </summary>
internal sealed unsafe class IsalGunzipStream : ReadStream
{
    private const int NextOut = 0, AvailableOut = 8, NextIn = 16, AvailableIn = 32, BlockState = 21160, CrcFlag = 21172;

    // sizeof(struct inflate_state) is 87,368 in 2.30.
    private const int StateBytes = 128 * 1024;
    private const int InputBytes = 256 * 1024;
    private const uint Gzip = 1;
    private const uint Finished = 5;

    private readonly IsalLibrary _library;
    private readonly Stream _packed;
    private byte* _state = (byte*)NativeMemory.AllocZeroed(StateBytes);
    private byte* _input = (byte*)NativeMemory.Alloc(InputBytes);
    private bool _isAtEnd;

    public IsalGunzipStream(IsalLibrary library, Stream packed)
    {
        (_library, _packed) = (library, packed);
        library.InflateInit(_state);
        *(uint*)(_state + CrcFlag) = Gzip;
    }

    /// <exception cref="InvalidDataException">The data is damaged or cut short, or more data follows.</exception>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        int count = 0;
        while (count == 0 && !buffer.IsEmpty && !_isAtEnd)
        {
            bool isLast = *(uint*)(_state + AvailableIn) == 0 && !Refill();
            count = Inflate(buffer);
            if (*(uint*)(_state + BlockState) == Finished)
            {
                _isAtEnd = true;
                CheckEnd();
            }
            else if (count == 0 && isLast)
            {
                throw new InvalidDataException("the gzip data ends too early");
            }
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_state);
        NativeMemory.Free(_input);
        _state = null;
        _input = null;
        base.Dispose(disposing);
    }

    private int Inflate(Span<byte> buffer)
    {
        fixed (byte* output = buffer)
        {
            *(byte**)(_state + NextOut) = output;
            *(uint*)(_state + AvailableOut) = (uint)buffer.Length;
            int result = _library.Inflate(_state);
            return result == 0
                ? buffer.Length - (int)*(uint*)(_state + AvailableOut)
                : throw new InvalidDataException("the gzip data is damaged");
        }
    }

    private bool Refill()
    {
        int count = _packed.Read(new Span<byte>(_input, InputBytes));
        *(byte**)(_state + NextIn) = _input;
        *(uint*)(_state + AvailableIn) = (uint)count;
        return count > 0;
    }

    private void CheckEnd()
    {
        if (*(uint*)(_state + AvailableIn) > 0 || Refill())
        {
            throw new InvalidDataException("more data follows the end of the gzip data");
        }
    }
}

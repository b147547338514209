using System.Runtime.InteropServices;
using OsoSnapshot.Formats.Streams;

namespace OsoSnapshot.Formats.Gzip;

/// <summary>
/// Reads one gzip member with ISA-L, its checksum and length included. Offsets are those of <c>struct inflate_state</c>
/// in isa-l/igzip_lib.h. At the end, what follows the member is an error too.
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
    private bool _ended;

    public IsalGunzipStream(IsalLibrary library, Stream packed)
    {
        (_library, _packed) = (library, packed);
        library.InflateInit(_state);
        *(uint*)(_state + CrcFlag) = Gzip;
    }

    /// <exception cref="InvalidDataException">Damaged, cut short, or something follows.</exception>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        if (buffer.IsEmpty || _ended)
        {
            return 0;
        }

        fixed (byte* output = buffer)
        {
            while (true)
            {
                bool isLast = *(uint*)(_state + AvailableIn) == 0 && !Refill();
                *(byte**)(_state + NextOut) = output;
                *(uint*)(_state + AvailableOut) = (uint)buffer.Length;
                int result = _library.Inflate(_state);
                int count = buffer.Length - (int)*(uint*)(_state + AvailableOut);
                if (result != 0)
                {
                    throw new InvalidDataException($"the gzip data is damaged (ISA-L says {result})");
                }

                if (*(uint*)(_state + BlockState) == Finished)
                {
                    _ended = true;
                    CheckEnd();
                    return count;
                }

                if (count > 0)
                {
                    return count;
                }

                if (isLast)
                {
                    throw new InvalidDataException("the gzip data ends too early");
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_state);
        NativeMemory.Free(_input);
        _state = null;
        _input = null;
        base.Dispose(disposing);
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
            throw new InvalidDataException("something follows the end of the gzip data");
        }
    }
}

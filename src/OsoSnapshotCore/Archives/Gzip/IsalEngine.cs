using System.Runtime.InteropServices;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>Compresses with ISA-L. The offsets are those of <c>struct isal_zstream</c> in isa-l/igzip_lib.h.</summary>
internal sealed unsafe class IsalEngine(IsalLibrary library, int level) : IDeflateEngine
{
    private const int MaxLevel = 3;

    // ISA-L has levels 1 to 3. A higher level of gzip becomes ISA-L's best one.
    private readonly int _level = Math.Min(level, MaxLevel);

    public string Name => $"ISA-L, level {_level}";

    public string Identity => $"isa-l {library.Identity} level {_level}";

    public IDeflater CreateDeflater() => new Deflater(library, _level);

    private sealed class Deflater(IsalLibrary library, int level) : IDeflater
    {
        private const int NextIn = 0, AvailableIn = 8, NextOut = 16, AvailableOut = 24, TotalOut = 28;
        private const int Level = 40, LevelBufferSize = 44, LevelBuffer = 48, EndOfStream = 56, Flush = 58;

        // sizeof(struct isal_zstream) is 82,384 in 2.30; ISAL_DEF_LVL3_DEFAULT, the largest level buffer, is 348,160.
        private const int StreamBytes = 128 * 1024;
        private const int LevelBufferBytes = 348_160;
        private const ushort FullFlush = 2;

        private byte* _stream = (byte*)NativeMemory.AllocZeroed(StreamBytes);
        private byte* _levelBuffer = (byte*)NativeMemory.AllocZeroed(LevelBufferBytes);

        public int Deflate(ReadOnlySpan<byte> slice, byte[] output)
        {
            fixed (byte* input = slice, packed = output)
            {
                library.DeflateInit(_stream);
                *(byte**)(_stream + NextIn) = input;
                *(uint*)(_stream + AvailableIn) = (uint)slice.Length;
                *(byte**)(_stream + NextOut) = packed;
                *(uint*)(_stream + AvailableOut) = (uint)output.Length;
                *(uint*)(_stream + Level) = (uint)level;
                *(uint*)(_stream + LevelBufferSize) = LevelBufferBytes;
                *(byte**)(_stream + LevelBuffer) = _levelBuffer;
                *(ushort*)(_stream + EndOfStream) = 0;
                *(ushort*)(_stream + Flush) = FullFlush;
                int result = library.Deflate(_stream);
                return result == 0 && *(uint*)(_stream + AvailableIn) == 0
                    ? (int)*(uint*)(_stream + TotalOut)
                    : throw new InvalidOperationException(
                        $"isal_deflate_stateless returned {result} for a slice of {slice.Length} bytes");
            }
        }

        public void Dispose()
        {
            NativeMemory.Free(_stream);
            NativeMemory.Free(_levelBuffer);
            _stream = null;
            _levelBuffer = null;
        }
    }
}

using System.IO.Compression;
using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Intel's ISA-L (libisal.so.2), loaded at run time. Offsets are those of <c>struct isal_zstream</c> in isa-l/igzip_lib.h;
/// a trial at start shows that the library at hand agrees with them.
/// </summary>
internal sealed unsafe class IsalEngine : IDeflateEngine
{
    private const string Library = "libisal.so.2";

    private static readonly Lazy<Functions?> Loaded = new(Load);

    private readonly Functions _functions;
    private readonly int _level;
    private uint _crc;

    private IsalEngine(Functions functions, int level) => (_functions, _level) = (functions, level);

    public string Name => $"ISA-L, level {_level}";

    /// <param name="level">1 to 9 as of gzip; ISA-L has 1 to 3.</param>
    /// <returns>null where the library is missing or is not what it should be.</returns>
    public static IsalEngine? TryCreate(int level) => Loaded.Value is { } functions ? new(functions, Math.Min(level, 3)) : null;

    public IDeflater CreateDeflater() => new Deflater(_functions, _level);

    public uint AppendCrc32(byte[] buffer, int count)
    {
        fixed (byte* start = buffer)
        {
            _crc = _functions.Crc32(_crc, start, (ulong)count);
        }

        return _crc;
    }

    private static Functions? Load()
    {
        if (!NativeLibrary.TryLoad(Library, out nint handle)
            || !NativeLibrary.TryGetExport(handle, "isal_deflate_stateless_init", out nint start)
            || !NativeLibrary.TryGetExport(handle, "isal_deflate_stateless", out nint deflate)
            || !NativeLibrary.TryGetExport(handle, "crc32_gzip_refl", out nint crc32))
        {
            return null;
        }

        Functions functions = new(start, deflate, crc32);
        return WorksInTrial(functions) ? functions : null;
    }

    private static bool WorksInTrial(Functions functions)
    {
        byte[] plain = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * i >> 5))];
        byte[] packed = new byte[8192];
        using Deflater deflater = new(functions, 1);
        int length = deflater.Deflate(plain, packed);
        (packed[length], packed[length + 1]) = (GzipPipeline.FinalBlock[0], GzipPipeline.FinalBlock[1]);
        using DeflateStream reader = new(new MemoryStream(packed, 0, length + 2), CompressionMode.Decompress);
        byte[] unpacked = new byte[plain.Length + 1];
        return reader.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false) == plain.Length
            && unpacked.AsSpan(0, plain.Length).SequenceEqual(plain);
    }

    private sealed class Functions(nint start, nint deflate, nint crc32)
    {
        public void Start(byte* stream) => ((delegate* unmanaged<byte*, void>)start)(stream);

        public int Deflate(byte* stream) => ((delegate* unmanaged<byte*, int>)deflate)(stream);

        public uint Crc32(uint crc, byte* buffer, ulong length) => ((delegate* unmanaged<uint, byte*, ulong, uint>)crc32)(crc, buffer, length);
    }

    private sealed class Deflater : IDeflater
    {
        private const int NextIn = 0, AvailableIn = 8, NextOut = 16, AvailableOut = 24, TotalOut = 28;
        private const int Level = 40, LevelBufferSize = 44, LevelBuffer = 48, EndOfStream = 56, Flush = 58;

        // sizeof(struct isal_zstream) is 82,384 in 2.30; ISAL_DEF_LVL3_DEFAULT, the largest level buffer, is 348,160.
        private const int StreamBytes = 128 * 1024;
        private const int LevelBufferBytes = 348_160;
        private const ushort FullFlush = 2;

        private readonly Functions _functions;
        private readonly int _level;
        private byte* _stream = (byte*)NativeMemory.AllocZeroed(StreamBytes);
        private byte* _levelBuffer = (byte*)NativeMemory.AllocZeroed(LevelBufferBytes);

        public Deflater(Functions functions, int level) => (_functions, _level) = (functions, level);

        public int Deflate(ReadOnlySpan<byte> slice, byte[] output)
        {
            fixed (byte* input = slice, packed = output)
            {
                _functions.Start(_stream);
                *(byte**)(_stream + NextIn) = input;
                *(uint*)(_stream + AvailableIn) = (uint)slice.Length;
                *(byte**)(_stream + NextOut) = packed;
                *(uint*)(_stream + AvailableOut) = (uint)output.Length;
                *(uint*)(_stream + Level) = (uint)_level;
                *(uint*)(_stream + LevelBufferSize) = LevelBufferBytes;
                *(byte**)(_stream + LevelBuffer) = _levelBuffer;
                *(ushort*)(_stream + EndOfStream) = 0;
                *(ushort*)(_stream + Flush) = FullFlush;
                int result = _functions.Deflate(_stream);
                return result == 0 && *(uint*)(_stream + AvailableIn) == 0
                    ? (int)*(uint*)(_stream + TotalOut)
                    : throw new InvalidOperationException($"isal_deflate_stateless returned {result} for a slice of {slice.Length} bytes");
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

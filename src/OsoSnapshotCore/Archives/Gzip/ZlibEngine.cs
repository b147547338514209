using System.IO.Compression;
using System.Runtime.InteropServices;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>Compresses with .NET's own zlib, for machines without ISA-L.</summary>
internal sealed class ZlibEngine(int level) : IDeflateEngine
{
    public string Name => $"System.IO.Compression, level {level}";

    public string Identity =>
        $"System.IO.Compression {Environment.Version} {RuntimeInformation.ProcessArchitecture} level {level}";

    public IDeflater CreateDeflater() => new Deflater(level);

    private sealed class Deflater(int level) : IDeflater
    {
        private readonly ZLibCompressionOptions _options = new() { CompressionLevel = level };

        public int Deflate(ReadOnlySpan<byte> slice, byte[] output)
        {
            using MemoryStream packed = new(output);
            using DeflateStream deflate = new(packed, _options, leaveOpen: true);
            deflate.Write(slice);

            // A sync flush ends at a whole byte. The final block, which Dispose writes later, does not count.
            deflate.Flush();
            return (int)packed.Position;
        }

        public void Dispose()
        {
        }
    }
}

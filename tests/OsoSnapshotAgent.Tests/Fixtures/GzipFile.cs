using System.IO.Compression;
using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Tests.Fixtures;

internal static class GzipFile
{
    /// <summary>
    /// Packs bytes with the header of this program's archives, so that a refusal is about the content.
    /// </summary>
    public static byte[] Pack(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        byte[] bytes = packed.ToArray();
        GzipPipeline.Header.CopyTo(bytes, 0);
        return bytes;
    }
}

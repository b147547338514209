using System.IO.Compression;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>
/// Chooses the code that packs and unpacks: ISA-L if it is installed and works, otherwise .NET's own.
/// </summary>
internal static class GzipEngines
{
    // Measured on TSDB blocks (tests/bench/README.md): ISA-L's level 2 takes a tenth more time than level 1, and makes
    // the archive 2 % smaller.
    private const int IsalLevel = 2;
    private const int ZlibLevel = 3;

    private static readonly Lazy<IsalLibrary?> Isal = new(
        () => IsalLibrary.Instance is { } library && WorksInTrial(library) ? library : null);

    /// <param name="level">A level of gzip, 1 to 9; null for the engine's default.</param>
    public static IDeflateEngine Choose(int? level) =>
        Isal.Value is { } library ? new IsalEngine(library, level ?? IsalLevel) : new ZlibEngine(level ?? ZlibLevel);

    /// <summary>
    /// Reads a gzip file. Reading throws <see cref="InvalidDataException"/> if the file is damaged or cut short.
    /// </summary>
    public static Stream Open(Stream packed) =>
        Isal.Value is { } library ? new IsalGunzipStream(library, packed) : new StrictGunzipStream(packed);

    // The offsets in the library's structures are those of one version, so the installed version is tried first.
    private static bool WorksInTrial(IsalLibrary library)
    {
        byte[] plain = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * i >> 5))];
        using MemoryStream packed = new();
        IsalEngine engine = new(library, IsalLevel);
        using (GzipPipeline pipeline = new(packed, engine, workers: 1, CancellationToken.None))
        {
            pipeline.Write(plain);
            pipeline.Complete();
        }

        return Unpacks(stream => new IsalGunzipStream(library, stream))
            && Unpacks(stream => new GZipStream(stream, CompressionMode.Decompress));

        bool Unpacks(Func<Stream, Stream> open)
        {
            packed.Position = 0;
            using Stream reader = open(packed);
            byte[] unpacked = new byte[plain.Length];
            try
            {
                int count = reader.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false);
                return count == plain.Length && unpacked.AsSpan().SequenceEqual(plain);
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
            {
                return false;
            }
        }
    }
}

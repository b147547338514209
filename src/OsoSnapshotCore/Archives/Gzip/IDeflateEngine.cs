namespace OsoSnapshotCore.Archives.Gzip;

/// <summary>Compresses slices to raw deflate (RFC 1951).</summary>
internal interface IDeflateEngine
{
    /// <summary>The name of the engine, for the log.</summary>
    string Name { get; }

    /// <summary>Engines with the same identity compress the same slice to the same bytes.</summary>
    string Identity { get; }

    /// <summary>Makes a deflater for one worker. Threads must not share it.</summary>
    IDeflater CreateDeflater();
}

internal interface IDeflater : IDisposable
{
    /// <summary>
    /// Compresses one slice alone, to whole bytes and without a final block, so that slices can follow each other.
    /// </summary>
    /// <returns>The number of bytes of output.</returns>
    int Deflate(ReadOnlySpan<byte> slice, byte[] output);
}

namespace OsoSnapshot.Formats.Gzip;

/// <summary>Compresses slices to raw deflate (RFC 1951).</summary>
internal interface IDeflateEngine
{
    /// <summary>For the log.</summary>
    string Name { get; }

    /// <summary>Engines with the same identity compress the same slice to the same bytes.</summary>
    string Identity { get; }

    /// <summary>One for each worker; not shared between threads.</summary>
    IDeflater CreateDeflater();
}

internal interface IDeflater : IDisposable
{
    /// <summary>
    /// Compresses one slice by itself, to whole bytes and without a final block, so that slices can follow each other.
    /// </summary>
    /// <returns>Bytes of output.</returns>
    int Deflate(ReadOnlySpan<byte> slice, byte[] output);
}

namespace OsoSnapshotAgent.Archive;

/// <summary>Compresses slices to raw deflate (RFC 1951), and sums what gzip wants summed.</summary>
internal interface IDeflateEngine
{
    /// <summary>For the log.</summary>
    string Name { get; }

    /// <summary>One for each worker; not shared between threads.</summary>
    IDeflater CreateDeflater();

    /// <summary>CRC-32 (RFC 1952, section 8) of all bytes so far, given in order.</summary>
    uint AppendCrc32(byte[] buffer, int count);
}

internal interface IDeflater : IDisposable
{
    /// <summary>Compresses one slice by itself, to whole bytes and without a final block, so that slices can follow each other.</summary>
    /// <returns>Bytes of output.</returns>
    int Deflate(ReadOnlySpan<byte> slice, byte[] output);
}

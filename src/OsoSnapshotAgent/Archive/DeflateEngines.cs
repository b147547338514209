namespace OsoSnapshotAgent.Archive;

/// <summary>Which engine compresses.</summary>
internal static class DeflateEngines
{
    // Each engine's bargain on TSDB blocks: README.md, "Figures".
    private const int IsalLevel = 1;
    private const int ZlibLevel = 3;

    /// <param name="level">1 to 9 as of gzip; null for the engine's best bargain.</param>
    public static IDeflateEngine Choose(int? level) => (IDeflateEngine?)IsalEngine.TryCreate(level ?? IsalLevel) ?? new ZlibEngine(level ?? ZlibLevel);
}

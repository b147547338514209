namespace TsdbGenerator.Model;

/// <summary>
/// Says when a target is scraped: usually on time, because Prometheus rounds small delays away, and now and then a few
/// milliseconds off.
/// </summary>
internal readonly struct ScrapeClock(Target target, Timeline timeline)
{
    public const long MaxJitter = 2;
    private const int ScrapesPerJitter = 32;

    /// <summary>Returns the number of the first scrape at or after a time, without regard to jitter.</summary>
    public long FirstScrapeAt(long time) => (time - target.ScrapeOffset + timeline.ScrapeInterval - 1) / timeline.ScrapeInterval;

    public long TimeOf(long scrape)
    {
        ulong draw = SplitMix64.Mix(target.Seed, (ulong)scrape);
        long jitter = draw % ScrapesPerJitter == 0 ? ((draw >> 32) % 2 == 0 ? 1 : -1) * (1 + (long)((draw >> 40) % (ulong)MaxJitter)) : 0;
        return (scrape * timeline.ScrapeInterval) + target.ScrapeOffset + jitter;
    }
}

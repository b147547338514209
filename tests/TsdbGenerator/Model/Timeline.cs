namespace TsdbGenerator.Model;

/// <summary>The blocks' places in time, in Unix milliseconds.</summary>
internal sealed record Timeline(long Start, long BlockDuration, long ScrapeInterval)
{
    public int ScrapesPerBlock => (int)(BlockDuration / ScrapeInterval);

    public long StartOf(int block) => Start + (block * BlockDuration);

    public long EndOf(int block) => StartOf(block + 1);
}

/// <summary>A stretch of a block in which a process ran; its counters began at zero at <paramref name="Born"/>.</summary>
/// <param name="From">The first millisecond.</param>
/// <param name="To">The millisecond after the last.</param>
/// <param name="Born">When the process started: in this block, in an earlier one, or before the first.</param>
/// <param name="Generation">How often the process was started before, which a pod's name shows.</param>
internal readonly record struct Lifetime(long From, long To, long Born, int Generation);

namespace TsdbGenerator.Model;

/// <summary>The times of the blocks, in Unix milliseconds.</summary>
internal sealed record Timeline(long Start, long BlockDuration, long ScrapeInterval)
{
    public int ScrapesPerBlock => (int)(BlockDuration / ScrapeInterval);

    public long StartOf(int block) => Start + (block * BlockDuration);

    public long EndOf(int block) => StartOf(block + 1);
}

/// <summary>
/// The part of a block in which a process ran. Its counters began at zero at <paramref name="Born"/>.
/// </summary>
/// <param name="From">The first millisecond of that part.</param>
/// <param name="To">The millisecond after that part.</param>
/// <param name="Born">The start of the process: in this block, in an earlier one, or before the first.</param>
/// <param name="Generation">The number of earlier starts, which a pod's name shows.</param>
internal readonly record struct Lifetime(long From, long To, long Born, int Generation);

using System.Runtime.ExceptionServices;
using TsdbGenerator.Format;
using TsdbGenerator.Model;

namespace TsdbGenerator;

/// <summary>Generates the blocks of a time series database such as Prometheus leaves in its data directory.</summary>
public static class BlockGenerator
{
    private const int MaxSeriesPerBlock = 200_000;

    // Both figures were measured on generated blocks. They include a series' labels and postings, and a sample's share
    // of its chunk's frame and index entry.
    private const double BytesPerSeries = 80;
    private const double BytesPerSample = 1.4;

    // These are Prometheus' own durations: two hours, and then three times the one before for each compaction.
    private static readonly TimeSpan[] BlockDurations = [.. new[] { 2, 6, 18, 54, 162 }.Select(hours => TimeSpan.FromHours(hours))];

    /// <exception cref="IOException">A block already exists, or can't be written.</exception>
    /// <exception cref="ArgumentException">An option makes no sense. The message names the option.</exception>
    public static IReadOnlyList<GeneratedBlock> Generate(GeneratorOptions options)
    {
        Check(options);
        Timeline timeline = PlanTimeline(options);
        int seriesPerScrape = SeriesFor(options, timeline);
        Directory.CreateDirectory(options.Directory);
        var blocks = new GeneratedBlock[options.BlockCount];
        try
        {
            var onEveryCore = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.For(0, blocks.Length, onEveryCore, block => blocks[block] = GenerateBlock(options, timeline, block, seriesPerScrape));
        }
        catch (AggregateException problems)
        {
            ExceptionDispatchInfo.Throw(problems.InnerExceptions[0]);
        }

        return blocks;
    }

    private static GeneratedBlock GenerateBlock(GeneratorOptions options, Timeline timeline, int block, int seriesPerScrape)
    {
        var random = new SplitMix64(SplitMix64.Mix(options.Seed, (ulong)timeline.StartOf(block)));
        string ulid = BlockUlid.Create(timeline.EndOf(block), random.Next(), random.Next());
        var writer = new BlockWriter(ulid, options.Directory, timeline, block, options);
        return writer.Write(BlockPlan.SeriesOf(block, seriesPerScrape, options.Seed, timeline));
    }

    /// <summary>
    /// Chooses the shortest duration that needs at most <see cref="MaxSeriesPerBlock"/> series, because series cost
    /// memory.
    /// </summary>
    internal static Timeline PlanTimeline(GeneratorOptions options)
    {
        long end = options.Until.ToUnixTimeMilliseconds();
        end -= end % (long)BlockDurations[0].TotalMilliseconds;
        IEnumerable<TimeSpan> durations = options.BlockDuration is { } only ? [only] : BlockDurations;
        Timeline[] timelines = [.. durations.Select(duration => (long)duration.TotalMilliseconds).Select(duration =>
            new Timeline(end - (options.BlockCount * duration), duration, (long)options.ScrapeInterval.TotalMilliseconds))];
        return Array.Find(timelines, timeline => SeriesFor(options, timeline) <= MaxSeriesPerBlock) ?? timelines[^1];
    }

    internal static int SeriesFor(GeneratorOptions options, Timeline timeline)
    {
        double bytesPerSeries = BytesPerSeries + (BytesPerSample * timeline.ScrapesPerBlock);
        return (int)Math.Max(1, options.SizeBytes / options.BlockCount / bytesPerSeries);
    }

    private static void Check(GeneratorOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Directory);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SizeBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BlockCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Until.Year, 2000);
        if (options.BlockDuration is { } duration && !BlockDurations.Contains(duration))
        {
            throw new ArgumentOutOfRangeException(nameof(options), duration, "No compaction makes blocks of this duration.");
        }

        if (options.ScrapeInterval < TimeSpan.FromSeconds(1) || options.ScrapeInterval > TimeSpan.FromMinutes(5)
            || BlockDurations[0].Ticks % options.ScrapeInterval.Ticks != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.ScrapeInterval, "The scrape interval must divide two hours and lie between one second and five minutes.");
        }
    }
}
